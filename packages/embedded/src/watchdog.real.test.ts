import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { makeScratchFolder } from '../../../test/support/scratch-folder.ts';
import { problemLog } from '../../../test/support/test-postgres-options.ts';
import { locateBinaries } from './binaries.ts';
import type { ClusterPaths } from './cluster-paths.ts';
import { addHolder } from './holders.ts';
import { startEmbeddedPostgres } from './index.ts';
import { launchServer } from './launch-server.ts';
import { releaseServer } from './release-server.ts';
import { serverUser } from './system-user.ts';
import { hasEnded, leftovers, pathsOf } from './testing/observe.ts';

const settings = { fsync: 'off' };
const folders: ClusterPaths[] = [];

afterEach(async () => {
  for (const paths of folders.splice(0)) {
    await releaseServer({ paths, token: 'none', binDirectory: '', appearWithinMs: 0 });
    expect(await leftovers(paths.dataDir)).toEqual([]);
  }
});

/** A cluster whose server is down. */
async function stoppedCluster(): Promise<ClusterPaths> {
  const dataDir = await makeScratchFolder('watchdog');
  const server = await startEmbeddedPostgres({ dataDir, log: problemLog, extraSettings: settings });
  await server.stop();
  const paths = await pathsOf(dataDir);
  folders.push(paths);
  return paths;
}

/** A server with no holder at all, as if its starter had died in the middle of the launch. */
async function launchUnheld(paths: ClusterPaths): Promise<number> {
  const postmaster = await launchServer({
    paths,
    binaries: await locateBinaries(),
    user: await serverUser(problemLog),
    settings,
    log: problemLog,
  });
  return postmaster?.pid ?? 0;
}

function watchdog(paths: ClusterPaths): ChildProcess {
  const file = fileURLToPath(new URL('./watchdog.ts', import.meta.url));
  return spawn(process.execPath, [file, paths.dataDir, paths.root, 'token', ''], { stdio: ['pipe', 'ignore', 'ignore'] });
}

it('waits for a server that is just being launched and stops it', async () => {
  const paths = await stoppedCluster();
  const shutdowns = async () => (await readFile(paths.logFile, 'utf8')).split('received fast shutdown request').length - 1;
  const before = await shutdowns();
  await addHolder(paths, 'token');
  watchdog(paths).stdin?.end('launching\n');
  await expect.poll(() => readdir(paths.holders), { timeout: 10_000 }).toEqual([]); // from here on it looks for a server
  const pid = await launchUnheld(paths).catch(() => null); // null: stopped so early that pg_ctl did not see it ready
  expect(pid === null || (await hasEnded(pid))).toBe(true);
  expect(await leftovers(paths.dataDir)).toEqual([]);
  expect(await shutdowns()).toBe(before + 1);
});

it('stops a server that serves', async () => {
  const paths = await stoppedCluster();
  const pid = await launchUnheld(paths);
  watchdog(paths).stdin?.end('launching\nserving\n');
  expect(await hasEnded(pid)).toBe(true);
});

it('leaves the server alone after an orderly release', async () => {
  const paths = await stoppedCluster();
  const pid = await launchUnheld(paths);
  const child = watchdog(paths);
  child.stdin?.end('launching\nserving\nreleased\n');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await hasEnded(pid, 0)).toBe(false);
});
