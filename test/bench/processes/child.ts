import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import type { Answer, Ask } from './serve.ts';

const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));
/** Ends a child whose parent was killed. */
const parentLink = new URL('../../../apps/supervisor/src/parent-link.ts', import.meta.url).href;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 40_000;
const shownLines = 30;

export interface ChildOptions {
  readonly name: string;
  /** Path of the program from the repository's root. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** All of its environment besides PATH, HOME and TMPDIR: the developer's settings must not reach a measurement. */
  readonly env?: Readonly<Record<string, string>>;
  /** Additional options of Node. */
  readonly flags?: readonly string[];
}

/** A process of the measured system. What it prints goes to a file, so that reading it costs nothing meanwhile. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Its first message. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends a command to a program that serves them (see serve.ts). */
  ask<Result>(command: string, payload?: unknown): Promise<Result>;
  /** What it has printed; @param fromByte - all of it when omitted */
  output(fromByte?: number): string;
  /** Bytes printed so far. */
  outputSize(): number;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL when that is not obeyed. */
  stop(): Promise<void>;
}

const running = new Set<{ kill(signal: NodeJS.Signals): boolean }>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program and waits for its first message. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, entry, args = [], env = {}, flags = [] } = options;
  const outputFile = join(await makeScratchFolder(name), 'output.log');
  const file = openSync(outputFile, 'a');
  const conditions = entry.endsWith('.ts') ? ['--conditions=@orchestrator/source'] : [];
  const child = spawn(process.execPath, [...conditions, '--import', parentLink, ...flags, join(repositoryRoot, entry), ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', file, file, 'ipc'],
    env: { ...inherited(), ...env },
  });
  closeSync(file);
  running.add(child);
  const outputSize = () => statSync(outputFile).size;
  const output = (fromByte = 0) => readText(outputFile, fromByte, outputSize() - fromByte);
  const exited = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    return `${name} (process ${child.pid}) ended with ${signal ?? `exit code ${code}`}`;
  });
  const endedEarly = exited.then((end) => {
    throw new Error(`${end}; its output:\n${output().split('\n').slice(-shownLines).join('\n')}`);
  });
  endedEarly.catch(() => undefined);

  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  const started = Promise.withResolvers<Readonly<Record<string, unknown>>>();
  child.on('message', (message: Answer | Readonly<Record<string, unknown>>) => {
    if (!('answerTo' in message)) {
      started.resolve(message);
      return;
    }
    const { answerTo, error, result } = message as Answer;
    const call = pending.get(answerTo);
    pending.delete(answerTo);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(`${name}: ${error}`));
  });

  const startTimer = setTimeout(() => started.reject(new Error(`${name} did not start in ${startTimeoutMs} ms`)), startTimeoutMs);
  const ready = await Promise.race([started.promise, endedEarly]).finally(() => clearTimeout(startTimer));
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    output,
    outputSize,
    ask: <Result>(command: string, payload?: unknown) => {
      lastId += 1;
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      pending.set(lastId, { resolve, reject });
      child.send({ id: lastId, command, payload } satisfies Ask);
      return Promise.race([promise, endedEarly]) as Promise<Result>;
    },
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function readText(path: string, fromByte: number, sizeBytes: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(sizeBytes);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, sizeBytes, fromByte));
  } finally {
    closeSync(file);
  }
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
