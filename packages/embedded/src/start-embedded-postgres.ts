import { randomUUID } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { AppError } from '@orchestrator/contracts';
import { attachWatchdog, type Watchdog } from './attach-watchdog.ts';
import { locateBinaries } from './binaries.ts';
import { type ClusterPaths, clusterPaths } from './cluster-paths.ts';
import { awaitOurs, ensureDatabase, readPassword, serverUrl } from './connect.ts';
import { addHolder, removeHolder } from './holders.ts';
import { ensureCluster } from './initialize-cluster.ts';
import { type LaunchRequest, launchServer } from './launch-server.ts';
import type { EmbeddedPostgresLog } from './log.ts';
import { pollUntil } from './poll-until.ts';
import { findPostmaster, type PostmasterFile } from './postmaster.ts';
import { isProcessAlive } from './process-facts.ts';
import { clusterRoot, executableBinaries } from './readable-place.ts';
import { releaseServer } from './release-server.ts';
import type { ServerSettings } from './server-settings.ts';
import { withStartLock } from './start-lock.ts';
import { serverUser } from './system-user.ts';
import { watchExit } from './watch-exit.ts';

/** A running server that does not answer within this time is frozen or recovering something enormous. */
const adoptTimeoutMs = 60_000;

export interface EmbeddedPostgresOptions {
  /** Folder for the cluster, its password and its log; created if absent. One server runs per folder. */
  readonly dataDir: string;
  readonly log: EmbeddedPostgresLog;
  /** Created if absent. @defaultValue 'orchestrator' */
  readonly databaseName?: string;
  /**
   * Settings that go before ours; only take effect when this call starts the server. For tests (`fsync: 'off'`); a
   * production server that loses its last commits breaks our promise.
   */
  readonly extraSettings?: ServerSettings;
}

export interface EmbeddedPostgres {
  /** Connection string of the database, with password, over TCP on 127.0.0.1. */
  readonly url: string;
  readonly port: number;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** True when the server was already running and was taken over. */
  readonly adopted: boolean;
  /**
   * Resolves when the server is gone, in order or not, at most a second late. After a crash the next
   * `startEmbeddedPostgres` recovers the data and takes the same port if it is still free.
   */
  readonly exited: Promise<void>;
  /**
   * Gives the server up, and stops it unless another live process uses it too: fast shutdown, after 8 s an immediate one;
   * at most 10 s. Idempotent.
   */
  stop(): Promise<void>;
}

/**
 * Starts the Postgres of a data folder, or takes over the one that runs there, and returns when its database accepts
 * connections. A helper process stops the server when this process dies without calling `stop`.
 *
 * @throws AppError `invalid-configuration` when the machine or folder can't run it; the message says what to do.
 * @throws AppError `store-unavailable` when it does not start or does not answer.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log, databaseName = 'orchestrator' } = options;
  const user = await serverUser(log);
  const binaries = await executableBinaries(await locateBinaries(), user, log);
  const dataDir = await ensureDataDir(options.dataDir);
  const token = randomUUID();

  return withStartLock(dataDir, async () => {
    const paths = clusterPaths(dataDir, await clusterRoot(dataDir, user, log));
    const settings = options.extraSettings ?? {};
    await ensureCluster({ paths, binaries, user, isDurable: settings.fsync !== 'off', log });
    await addHolder(paths, token);
    const watchdog = attachWatchdog({ paths, token, binDirectory: binaries.binDirectory, log });
    try {
      const request = { paths, binaries, user, settings, log };
      const server = await adoptOrLaunch(request);
      const url = serverUrl(server.port, await readPassword(paths), databaseName);
      await ensureDatabase(serverUrl(server.port, await readPassword(paths), 'postgres'), databaseName);
      watchdog.serving();
      log.info(
        { port: server.port, pid: server.pid, adopted: server.adopted, root: paths.root },
        'the embedded Postgres is ready',
      );
      const release = () => releaseHold({ paths, token, watchdog, log, binDirectory: binaries.binDirectory });
      return createHandle({ ...server, url, release });
    } catch (error) {
      await removeHolder(paths, token);
      watchdog.release();
      throw error;
    }
  });
}

interface FoundServer {
  readonly pid: number;
  readonly port: number;
  readonly adopted: boolean;
}

async function adoptOrLaunch(request: LaunchRequest): Promise<FoundServer> {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const running = await findPostmaster(request.paths);
    if (running !== null) {
      const adopted = await tryAdopt(request, running);
      if (adopted !== null) return adopted;
    }
    const launched = await launchServer(request);
    if (launched === null) continue; // a starter outside our lock's reach was faster: adopt its server
    const probe = await awaitOurs(request.paths, launched, adoptTimeoutMs);
    if (probe.answer === 'ours') return { pid: launched.pid, port: probe.port, adopted: false };
    throw new AppError('store-unavailable', `The embedded Postgres started but does not serve us: ${probe.reason}`);
  }
  throw new AppError('store-unavailable', 'The embedded Postgres keeps being started and stopped by somebody else.');
}

/** @returns null when the server ended while we asked. */
async function tryAdopt({ paths }: LaunchRequest, running: PostmasterFile): Promise<FoundServer | null> {
  const outcome = await pollUntil(
    async () => {
      const current = await findPostmaster(paths);
      if (current?.pid !== running.pid) return 'gone' as const;
      const probe = await awaitOurs(paths, current, 0);
      return probe.answer === 'not-yet' ? undefined : probe;
    },
    { intervalMs: 100, timeoutMs: adoptTimeoutMs },
  );
  if (outcome === 'gone') return null;
  if (outcome?.answer === 'ours') return { pid: running.pid, port: outcome.port, adopted: true };
  const why = outcome === undefined ? `did not answer within ${adoptTimeoutMs / 1000} s` : `refuses us: ${outcome.reason}`;
  throw new AppError(
    'store-unavailable',
    `A Postgres (process ${running.pid}) runs on ${paths.data} but ${why}. Stop it and start again.`,
  );
}

interface Hold {
  readonly paths: ClusterPaths;
  readonly token: string;
  readonly watchdog: Watchdog;
  readonly binDirectory: string;
  readonly log: EmbeddedPostgresLog;
}

async function releaseHold({ paths, token, watchdog, binDirectory, log }: Hold): Promise<void> {
  const release = await releaseServer({ paths, token, binDirectory, appearWithinMs: 0 });
  watchdog.release();
  if (release === 'still-running') log.error({ root: paths.root }, 'the embedded Postgres did not stop in time');
  else log.info({ root: paths.root, release }, 'gave up the embedded Postgres');
}

function createHandle(server: FoundServer & { readonly url: string; readonly release: () => Promise<void> }): EmbeddedPostgres {
  const exit = watchExit(() => isProcessAlive(server.pid));
  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    port: server.port,
    pid: server.pid,
    adopted: server.adopted,
    exited: exit.exited,
    stop: () => {
      stopped ??= server.release().finally(() => exit.checkNow());
      return stopped;
    },
  };
}

/** The folder has to be enterable by the user that runs the server; its contents are protected one level below. */
async function ensureDataDir(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  await mkdir(path, { recursive: true });
  if (!isThere) await chmod(path, 0o755);
  return realpath(path);
}
