import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));
const defaultTimeoutMs = 30_000;
const shownLines = 60;

/** Children that have not been seen to exit. */
const running = new Set<NodeProcess>();

export interface NodeProcessOptions {
  /** Path of the program from the repository's root, e.g. `apps/api/src/main.ts`. */
  readonly entry: string;
  readonly programArguments?: readonly string[];
  /** All of its environment besides PATH, HOME and TMPDIR: keys of the developer's shell must not reach a test. */
  readonly env?: Readonly<Record<string, string>>;
  /** @defaultValue the repository's root */
  readonly cwd?: string;
}

export interface ProcessExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface NodeProcess {
  readonly pid: number;
  /** Every line of standard output and standard error so far. */
  readonly lines: readonly string[];
  /** Resolves when the process has ended and its output is complete. */
  readonly exited: Promise<ProcessExit>;
  readonly hasExited: boolean;
  /** The first line, past or future, that fits. Rejects with the output when the process ends or the time is over. */
  waitForLine(fits: RegExp | ((line: string) => boolean), timeoutMs?: number): Promise<string>;
  /** The same for lines that are JSON objects. */
  waitForLog(
    fits: (entry: Readonly<Record<string, unknown>>) => boolean,
    timeoutMs?: number,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Asks until the answer has the status (default 200); fails at once when the process ends. */
  waitForHttp(url: string, options?: { readonly status?: number; readonly timeoutMs?: number }): Promise<void>;
  /** Sends a signal without waiting, e.g. SIGSTOP. Does nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. @defaultValue signal SIGKILL */
  kill(signal?: NodeJS.Signals, timeoutMs?: number): Promise<ProcessExit>;
  /** Waits for the end and throws with the output unless it is the expected one. */
  expectExit(expected: Partial<ProcessExit>, timeoutMs?: number): Promise<void>;
}

/** Starts a program of the repository from source, under the same restrictions as in production. */
export function spawnNode(options: NodeProcessOptions): NodeProcess {
  const flags = ['--conditions=@orchestrator/source', '--disallow-code-generation-from-strings'];
  const entry = fileURLToPath(new URL(options.entry, `file://${repositoryRoot}`));
  const child = spawn(process.execPath, [...flags, entry, ...(options.programArguments ?? [])], {
    cwd: options.cwd ?? repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited(), ...options.env },
  });
  const started = createNodeProcess(child, options.entry);
  running.add(started);
  void started.exited.then(() => running.delete(started));
  return started;
}

/** Call it once per test file: kills what the file forgot and fails because of it. */
export function failOnLeakedProcesses(): void {
  afterAll(async () => {
    const leaked = [...running];
    await Promise.all(leaked.map((each) => each.kill('SIGKILL')));
    if (leaked.length > 0) throw new Error(`processes left running: ${leaked.map((each) => each.pid).join(', ')}`);
  });
}

function createNodeProcess(child: ChildProcess, name: string): NodeProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const { lines, find } = collectLines(child);
  let exit: ProcessExit | undefined;
  const exited = once(child, 'close').then((values) => {
    const [exitCode, signal] = values as [number | null, NodeJS.Signals | null];
    exit = { exitCode, signal };
    return exit;
  });
  const failure = (what: string) =>
    new Error(`${name} (process ${pid}) ${what}; its output:\n${lines.slice(-shownLines).join('\n')}`);
  const endedText = (end: ProcessExit) => `ended with ${end.signal ?? `exit code ${end.exitCode}`}`;

  const within = async <T>(timeoutMs: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const abort = new AbortController();
    try {
      return await Promise.race([
        work(abort.signal),
        delay(timeoutMs, undefined, { signal: abort.signal }).then(() => Promise.reject(failure(`${what} in ${timeoutMs} ms`))),
      ]);
    } finally {
      abort.abort();
    }
  };
  const orEnd = <T>(work: Promise<T>, waitedFor: string): Promise<T> =>
    Promise.race([work, exited.then((end) => Promise.reject(failure(`${endedText(end)} before ${waitedFor}`)))]);

  const waitForEnd = (timeoutMs: number) => within(timeoutMs, 'did not end', () => exited);

  return {
    pid,
    lines,
    exited,
    get hasExited() {
      return exit !== undefined;
    },
    waitForLine: (fits, timeoutMs = defaultTimeoutMs) => {
      const match = (line: string) => ((typeof fits === 'function' ? fits(line) : fits.test(line)) ? line : undefined);
      return within(timeoutMs, 'did not print the line', (abort) => orEnd(find(match, abort), 'the expected line'));
    },
    waitForLog: (fits, timeoutMs = defaultTimeoutMs) => {
      const match = (line: string) => {
        const entry = parseObject(line);
        return entry !== undefined && fits(entry) ? entry : undefined;
      };
      return within(timeoutMs, 'did not log the entry', (abort) => orEnd(find(match, abort), 'the expected log entry'));
    },
    waitForHttp: (url, { status = 200, timeoutMs = defaultTimeoutMs } = {}) =>
      within(timeoutMs, `did not answer ${status} at ${url}`, (abort) => orEnd(pollHttp(url, status, abort), `answering ${url}`)),
    signal: (signal) => {
      child.kill(signal); // only reaches our own child, and only before it was reaped
    },
    kill: (signal = 'SIGKILL', timeoutMs = defaultTimeoutMs) => {
      child.kill(signal);
      return waitForEnd(timeoutMs);
    },
    expectExit: async (expected, timeoutMs = defaultTimeoutMs) => {
      const end = await waitForEnd(timeoutMs);
      const isExpected = Object.entries(expected).every(([key, value]) => end[key as keyof ProcessExit] === value);
      if (!isExpected) throw failure(`${endedText(end)}, expected ${JSON.stringify(expected)}`);
    },
  };
}

interface LineLog {
  readonly lines: readonly string[];
  /** The first value made of a line, past or future; pending for ever if there is none before the abort. */
  find<T>(match: (line: string) => T | undefined, abort: AbortSignal): Promise<T>;
}

function collectLines(child: ChildProcess): LineLog {
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const watcher of watchers) watcher(line);
    });
  }
  const find = <T>(match: (line: string) => T | undefined, abort: AbortSignal): Promise<T> =>
    new Promise((resolve) => {
      const watcher = (line: string) => {
        const found = match(line);
        if (found === undefined) return;
        watchers.delete(watcher);
        resolve(found);
      };
      for (const line of lines) watcher(line); // only the first resolve counts
      watchers.add(watcher);
      abort.addEventListener('abort', () => watchers.delete(watcher), { once: true });
    });
  return { lines, find };
}

async function pollHttp(url: string, status: number, abort: AbortSignal): Promise<void> {
  while (!abort.aborted) {
    const answer = await fetch(url, { signal: abort }).catch(() => null);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status === status) return;
    await delay(50);
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
