import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
const program = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));
const limitMs = 60_000;

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
}

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as it runs. */
export interface CliProcess {
  /** Sends Ctrl-C. */
  interrupt(): void;
  /** Waits until standard output or standard error has this. */
  said(text: string | RegExp): Promise<void>;
  readonly result: Promise<CliResult>;
}

/** How a shell calls the command line from source: the words before its arguments. */
export const cliCommand: readonly string[] = [process.execPath, '--conditions=@orchestrator/source', program];

/** Starts the command line from source, with nothing of the developer's environment. */
export function startCli(cliArguments: readonly string[], { env, input }: CliOptions = {}): CliProcess {
  const [node = '', ...flags] = cliCommand;
  return watch(spawn(node, [...flags, ...cliArguments], { cwd: repositoryRoot, env: environmentOf(env) }), input);
}

/** Runs the command line to its end. */
export async function runCli(cliArguments: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await startCli(cliArguments, options).result;
}

/** Runs a shell script in which `orchestrator` is the command line from source. */
export async function runShell(script: string, { env, input }: CliOptions = {}): Promise<CliResult> {
  const definition = `orchestrator() { ${cliCommand.map((word) => `'${word}'`).join(' ')} "$@"; }`;
  return await watch(spawn('bash', ['-c', `${definition}\n${script}`], { cwd: repositoryRoot, env: environmentOf(env) }), input)
    .result;
}

function environmentOf(env: CliOptions['env'] = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TERM: 'xterm-256color', ...env };
}

function watch(child: ChildProcessWithoutNullStreams, input = ''): CliProcess {
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.on('error', () => {}); // it need not read what it is given
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const result = once(child, 'close').then(([exitCode]) => {
    clearTimeout(timer);
    return { exitCode: exitCode as number | null, ...output };
  });
  const has = (text: string | RegExp) =>
    [output.stdout, output.stderr].some((said) => (typeof text === 'string' ? said.includes(text) : text.test(said)));

  return {
    interrupt: () => void child.kill('SIGINT'),
    said: (text) =>
      new Promise((resolve, reject) => {
        const listener = () => {
          if (!has(text)) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
        void result.then((end) => reject(new Error(`it ended without saying ${text}: ${JSON.stringify(end)}`)));
        listener();
      }),
    result,
  };
}
