import { createTerminal, type Terminal, type TerminalOptions } from '../terminal/terminal.ts';

export interface FakeTerminal {
  readonly terminal: Terminal;
  /** Everything written so far. */
  stdout(): string;
  stderr(): string;
}

/** A terminal whose output can be read. Without colours, unless asked for. */
export function createFakeTerminal(
  options: Partial<Pick<TerminalOptions, 'colours' | 'isQuiet'>> & { readonly isTty?: boolean; readonly columns?: number } = {},
): FakeTerminal {
  const written = { stdout: '', stderr: '' };
  const streamOf = (name: keyof typeof written) => ({
    isTTY: options.isTty === true,
    columns: options.columns ?? 80,
    hasColors: () => true,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return {
    terminal: createTerminal({
      stdout: streamOf('stdout'),
      stderr: streamOf('stderr'),
      colours: options.colours === true,
      isQuiet: options.isQuiet === true,
    }),
    stdout: () => written.stdout,
    stderr: () => written.stderr,
  };
}
