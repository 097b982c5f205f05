import { type ChildProcess, spawn } from 'node:child_process';
import { type ChildLine, readLines } from './child-lines.ts';

const firstBackoffMs = 1_000;
const maxBackoffMs = 30_000;
/** A child that lived this long starts with the first backoff again. */
const steadyMs = 60_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ManagedProcessOptions {
  /** Arguments of Node: flags, the entry file, its arguments. */
  readonly args: readonly string[];
  /** Asked before every start: a database may have moved meanwhile. */
  readonly environment: () => NodeJS.ProcessEnv;
  readonly onLine: (line: ChildLine) => void;
  readonly onMessage: (message: unknown) => void;
  /** Called for every end that nobody asked for. Returning false prevents the restart. */
  readonly onCrash: (exit: Exit, restartInMs: number) => boolean;
}

export interface ManagedProcess {
  readonly pid: () => number | undefined;
  /** Ends the child with SIGTERM and starts it again at once. */
  restart(): void;
  /** Sends SIGTERM, then SIGKILL after `graceMs`; resolves when the process has ended. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Keeps one child process running.
 *
 * starting → running → (ends by itself) → waiting 1 s, 2 s, … 30 s → starting; `stop` leads out of every state for good.
 */
export function startManagedProcess(options: ManagedProcessOptions): ManagedProcess {
  let child: ChildProcess | undefined;
  let backoffMs = firstBackoffMs;
  let restartTimer: NodeJS.Timeout | undefined;
  let isStopping = false;
  let isRestarting = false;
  let ended: Promise<void> = Promise.resolve();

  function run(): void {
    const startedAtMs = Date.now();
    // Its own process group: Ctrl-C in the terminal reaches the supervisor only, which then decides the order.
    const started = spawn(process.execPath, options.args, {
      env: options.environment(),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    child = started;
    if (started.stdout !== null) readLines(started.stdout, false, options.onLine);
    if (started.stderr !== null) readLines(started.stderr, true, options.onLine);
    started.on('message', options.onMessage);
    ended = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        if (child !== started) return;
        child = undefined;
        resolve();
        if (isStopping) return;
        if (isRestarting) {
          isRestarting = false;
          run();
          return;
        }
        if (Date.now() - startedAtMs >= steadyMs) backoffMs = firstBackoffMs;
        scheduleRestart(exit);
      };
      started.once('error', () => end({ code: null, signal: null }));
      started.once('exit', (code, signal) => end({ code, signal }));
    });
  }

  function scheduleRestart(exit: Exit): void {
    const delayMs = backoffMs;
    backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
    if (!options.onCrash(exit, delayMs)) return;
    restartTimer = setTimeout(run, delayMs);
  }

  run();
  return {
    pid: () => child?.pid,
    restart: () => {
      if (child === undefined) return;
      isRestarting = true;
      child.kill('SIGTERM');
    },
    stop: async (graceMs) => {
      isStopping = true;
      clearTimeout(restartTimer);
      child?.kill('SIGTERM');
      const killTimer = setTimeout(() => child?.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(killTimer);
    },
  };
}
