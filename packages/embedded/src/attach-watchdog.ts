import { type ChildProcess, spawn } from 'node:child_process';
import { extname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterPaths } from './cluster-paths.ts';
import type { EmbeddedPostgresLog } from './log.ts';

/** Enough for any accident; a watchdog that can't run at all must not become a loop. */
const maxRestarts = 5;

export interface WatchdogRequest {
  readonly paths: ClusterPaths;
  readonly token: string;
  readonly binDirectory: string;
  readonly log: EmbeddedPostgresLog;
}

export interface Watchdog {
  /** The server is up: from now on its end needs no waiting for it to appear. */
  serving(): void;
  /** The hold was given up in order: the watchdog ends without doing anything. */
  release(): void;
}

/** Starts the watchdog in its own session and replaces it if it is killed alone. It keeps no event loop alive. */
export function attachWatchdog(request: WatchdogRequest): Watchdog {
  let phase: 'launching' | 'serving' | 'released' = 'launching';
  let restarts = 0;
  let child = start();

  function start(): ChildProcess {
    const started = spawn(
      process.execPath,
      [watchdogFile(), request.paths.dataDir, request.paths.root, request.token, request.binDirectory],
      {
        cwd: parse(request.paths.root).root, // keeps no folder busy
        detached: true,
        windowsHide: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        env: {},
      },
    );
    started.on('error', (error) => request.log.error({ error: error.message }, 'the watchdog of the embedded Postgres failed'));
    started.stdin?.on('error', () => undefined); // EPIPE of a killed watchdog; its exit is handled below
    started.once('exit', (exitCode, signal) => {
      if (phase === 'released' || restarts >= maxRestarts) return;
      restarts += 1;
      request.log.warn({ exitCode, signal, restarts }, 'the watchdog of the embedded Postgres ended; starting another');
      child = start();
    });
    started.unref();
    (started.stdin as { unref?(): void } | null)?.unref?.();
    started.stdin?.write(`${phase}\n`);
    return started;
  }

  function enter(next: 'serving' | 'released'): void {
    phase = next;
    child.stdin?.write(`${next}\n`);
  }
  return {
    serving: () => enter('serving'),
    release: () => {
      enter('released');
      child.stdin?.end();
    },
  };
}

/** The sibling file, in source (`.ts`) and in the build (`.js`). */
function watchdogFile(): string {
  return fileURLToPath(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url));
}
