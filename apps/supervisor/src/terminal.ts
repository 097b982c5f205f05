import { performance } from 'node:perf_hooks';

/** What the supervisor says to the person in front of it. */
export interface Terminal {
  /** Runs a step and writes one line when it is done; `title` may be refined by what the work returns. */
  step<Result>(title: string, work: () => Promise<Result>, describe?: (result: Result) => string): Promise<Result>;
  line(text?: string): void;
  /** A warning or error of a part of the system. */
  warning(part: string, text: string): void;
}

const titleWidth = 44;

/** Colours and redrawing on a terminal, plain lines elsewhere. */
export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const isLive = stream.isTTY === true;
  const paint = (code: number, text: string) => (isLive ? `\x1b[${code}m${text}\x1b[0m` : text);
  let pending: string | null = null;

  // The reader may have gone (`npm start | head`); that must not stop the system.
  stream.on('error', () => {});
  const write = (text: string) => {
    if (isLive && pending !== null) stream.write('\r\x1b[K');
    stream.write(`${text}\n`);
    if (isLive && pending !== null) stream.write(pending);
  };

  return {
    line: (text = '') => write(text),
    warning: (part, text) => write(`${paint(33, `${part}:`)} ${text}`),
    step: async (title, work, describe) => {
      const startedAt = performance.now();
      pending = `  ${paint(2, '·')} ${title} …`;
      if (isLive) stream.write(pending);
      let mark = paint(31, '✗');
      let finalTitle = title;
      try {
        const result = await work();
        mark = paint(32, '✓');
        finalTitle = describe?.(result) ?? title;
        return result;
      } finally {
        if (isLive) stream.write('\r\x1b[K');
        pending = null;
        const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
        write(`  ${mark} ${finalTitle.padEnd(titleWidth)} ${paint(2, `${seconds.padStart(5)} s`)}`);
      }
    },
  };
}
