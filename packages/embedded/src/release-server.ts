import { join } from 'node:path';
import type { ClusterPaths } from './cluster-paths.ts';
import { countLiveHolders, removeHolder } from './holders.ts';
import { pollUntil } from './poll-until.ts';
import { findPostmaster, isPostgresOfCluster } from './postmaster.ts';
import { isProcessAlive } from './process-facts.ts';
import { runProgram } from './run-program.ts';
import { withStartLock } from './start-lock.ts';

/** How long a fast shutdown (disconnect all, checkpoint) may take before it becomes an immediate one. */
const fastShutdownMs = 8_000;
const immediateShutdownMs = 1_800;

export type Release = 'stopped' | 'not-running' | 'left-to-others' | 'still-running';

export interface ReleaseRequest {
  readonly paths: ClusterPaths;
  /** Folder of `pg_ctl`; only used on Windows, where there are no signals. */
  readonly binDirectory: string;
  readonly token: string;
  /** How long to wait for a server that is just being launched to show up, in milliseconds. */
  readonly appearWithinMs: number;
}

/** Gives up one hold on the server and stops it when it was the last one. Takes at most about 10 s once it has the lock. */
export async function releaseServer(request: ReleaseRequest): Promise<Release> {
  return withStartLock(request.paths.dataDir, async () => {
    await removeHolder(request.paths, request.token);
    if ((await countLiveHolders(request.paths)) > 0) return 'left-to-others';
    const postmaster = await pollUntil(async () => (await findPostmaster(request.paths)) ?? undefined, {
      intervalMs: 50,
      timeoutMs: request.appearWithinMs,
    });
    return postmaster === undefined ? 'not-running' : stopPostmaster(request, postmaster.pid);
  });
}

async function stopPostmaster(request: ReleaseRequest, pid: number): Promise<Release> {
  for (const [mode, timeoutMs] of [
    ['fast', fastShutdownMs],
    ['immediate', immediateShutdownMs],
  ] as const) {
    await requestShutdown(request, pid, mode);
    const hasEnded = await pollUntil(async () => ((await isProcessAlive(pid)) ? undefined : true), { intervalMs: 20, timeoutMs });
    if (hasEnded) return 'stopped';
  }
  return 'still-running';
}

/** SIGINT and SIGQUIT are what `pg_ctl stop -m fast | immediate` sends; sent here they go to the process just verified. */
async function requestShutdown(request: ReleaseRequest, pid: number, mode: 'fast' | 'immediate'): Promise<void> {
  if (process.platform === 'win32') {
    const programArguments = ['stop', '-D', request.paths.data, '-m', mode, '-W'];
    await runProgram(join(request.binDirectory, 'pg_ctl'), programArguments, { user: null, cwd: request.paths.root });
  } else if (await isPostgresOfCluster(request.paths, pid)) {
    process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  }
}
