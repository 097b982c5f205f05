import { chown, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@orchestrator/contracts';
import type { Binaries } from './binaries.ts';
import type { ClusterPaths } from './cluster-paths.ts';
import { pickFreePort } from './free-port.ts';
import type { EmbeddedPostgresLog } from './log.ts';
import {
  findPostmaster,
  findServerProcesses,
  isPostgresOfCluster,
  type PostmasterFile,
  removeStaleLockFiles,
} from './postmaster.ts';
import { runProgram, type SystemUser } from './run-program.ts';
import { type ServerSettings, writeSettings } from './server-settings.ts';

/** Crash recovery replays at most `max_wal_size`; a slow disk may need a while. */
const startTimeoutSeconds = 120;
const maxAttempts = 20;
/** After a killed postmaster its children notice within milliseconds unless they are in a long computation. */
const orphanGraceMs = 3_000;
const maxLogBytes = 10 * 1024 * 1024;

export interface LaunchRequest {
  readonly paths: ClusterPaths;
  readonly binaries: Binaries;
  readonly user: SystemUser | null;
  readonly settings: ServerSettings;
  readonly log: EmbeddedPostgresLog;
}

/**
 * Starts the server and waits until it accepts connections. Call it under the start lock when no server was found.
 *
 * @returns null when somebody else turned out to run a server on this cluster.
 * @throws AppError `store-unavailable` with the server's last log lines.
 */
export async function launchServer(request: LaunchRequest): Promise<PostmasterFile | null> {
  const { paths } = request;
  const begunAt = performance.now();
  await rotateLog(paths);
  let preferredPort = await lastPort(paths);
  let reason = '';
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    await removeStaleLockFiles(paths);
    const port = await pickFreePort(preferredPort);
    reason = await tryStart(request, port);
    const postmaster = await findPostmaster(paths);
    if (reason === '' && postmaster !== null) {
      await writeFile(paths.portFile, `${postmaster.port ?? port}\n`);
      return postmaster;
    }
    if (postmaster !== null) return null;
    if (/could not bind|could not create any TCP/.test(reason)) {
      preferredPort = null; // taken between our look and the server's
    } else if (/pre-existing shared memory block|is still in use/.test(reason)) {
      await endOrphans(request, performance.now() - begunAt);
      await delay(250);
    } else {
      break;
    }
  }
  throw new AppError('store-unavailable', `The embedded Postgres did not start: ${lastLine(reason)}`, {
    details: { output: reason },
  });
}

/** @returns '' on success, else what the server and pg_ctl said. */
async function tryStart({ paths, binaries, user, settings }: LaunchRequest, port: number): Promise<string> {
  await writeSettings(paths, port, settings);
  const logFile = await open(paths.logFile, 'a', 0o600);
  const { size } = await logFile.stat();
  await logFile.close();
  if (user !== null) await chown(paths.logFile, user.uid, user.gid);
  // pg_ctl builds a shell command from its arguments: paths go through the environment and the working directory instead.
  // It puts the server in a session of its own, so Ctrl-C in our terminal does not reach it.
  const programArguments = ['start', '-w', '-t', String(startTimeoutSeconds), '-l', 'postgres.log', '-s'];
  const result = await runProgram(binaries.pgCtl, programArguments, { user, cwd: paths.root, env: { PGDATA: paths.data } });
  if (result.exitCode === 0) return '';
  const said = (await readFile(paths.logFile)).subarray(size).toString('utf8');
  return `${said}\n${result.output}`.trim();
}

/**
 * Server processes whose postmaster was killed alone keep the cluster's memory in use; one that computes for hours would
 * block us as long. Each is verified to be a postgres working in our data directory, with no postmaster left.
 */
async function endOrphans({ paths, log }: LaunchRequest, waitedMs: number): Promise<void> {
  if (waitedMs < orphanGraceMs) return;
  for (const pid of await findServerProcesses(paths)) {
    if (!(await isPostgresOfCluster(paths, pid))) continue;
    log.warn({ pid }, 'ending a process left over from a killed embedded Postgres');
    process.kill(pid, 'SIGQUIT');
  }
}

async function lastPort(paths: ClusterPaths): Promise<number | null> {
  const port = Number(await readFile(paths.portFile, 'utf8').catch(() => ''));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

async function rotateLog(paths: ClusterPaths): Promise<void> {
  const size = await stat(paths.logFile).then(
    (entry) => entry.size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(paths.logFile, `${paths.logFile}.1`);
}

/** The server says why in a line marked FATAL; otherwise the last line has to do. */
function lastLine(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1) ?? 'no reason given';
}
