import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPaths } from './cluster-paths.ts';
import { inspectProcess } from './process-facts.ts';

/** What the server wrote about itself into `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  /** Null while the server has not come so far. */
  readonly port: number | null;
}

/** @returns null when the file is absent or still being written. */
export async function readPostmasterFile(paths: ClusterPaths): Promise<PostmasterFile | null> {
  const text = await readFile(join(paths.data, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) && port > 0 ? port : null } : null;
}

/**
 * The running server of this cluster: named by `postmaster.pid`, alive, a postgres program, and working in our data
 * directory (Postgres makes it its working directory). Ids are reused quickly in containers, so the file alone proves nothing.
 *
 * Where the system hides program and directory (Windows), a live id is all we can see; a connection has to prove the rest.
 */
export async function findPostmaster(paths: ClusterPaths): Promise<PostmasterFile | null> {
  const file = await readPostmasterFile(paths);
  return file !== null && (await isPostgresOfCluster(paths, file.pid)) ? file : null;
}

export async function isPostgresOfCluster(paths: ClusterPaths, pid: number): Promise<boolean> {
  const facts = await inspectProcess(pid);
  if (facts === null || facts.isZombie) return false;
  if (process.platform === 'win32') return true;
  return facts.program !== null && /^postgres/.test(facts.program) && facts.workingDirectory === paths.data;
}

/**
 * Removes what a killed server left behind. Postgres itself only does so when the recorded id is free; a zombie or a
 * stranger of the same user with that id would keep it from starting for ever. Call it under the start lock, after
 * `findPostmaster` found nothing.
 */
export async function removeStaleLockFiles(paths: ClusterPaths): Promise<void> {
  await rm(join(paths.data, 'postmaster.pid'), { force: true });
  const sockets = (await readdir(paths.root)).filter((name) => name.startsWith('.s.PGSQL.'));
  await Promise.all(sockets.map((name) => rm(join(paths.root, name), { force: true })));
}

/** Server processes of this cluster whatever their role; Linux only, elsewhere empty. */
export async function findServerProcesses(paths: ClusterPaths): Promise<readonly number[]> {
  if (process.platform !== 'linux') return [];
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
  const checks = await Promise.all(pids.map((pid) => isPostgresOfCluster(paths, pid)));
  return pids.filter((_, index) => checks[index]);
}
