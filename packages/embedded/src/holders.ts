import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPaths } from './cluster-paths.ts';
import { inspectProcess } from './process-facts.ts';

/*
 * Who uses a server: one file per started handle, named by a random token, telling process id and start time. Whoever
 * leaves (by stop or by its watchdog) removes its own file and stops the server only when no live holder is left. So a
 * late watchdog can't stop a server that a new supervisor adopted, and two supervisors on one folder can end in any order.
 * Read and written under the start lock only.
 */

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

export async function addHolder(paths: ClusterPaths, token: string): Promise<void> {
  await mkdir(paths.holders, { recursive: true, mode: 0o700 });
  const holder: Holder = { pid: process.pid, startedAt: (await inspectProcess(process.pid))?.startedAt ?? 'unknown' };
  const path = join(paths.holders, `${token}.json`);
  await writeFile(`${path}.new`, JSON.stringify(holder));
  await rename(`${path}.new`, path);
}

export async function removeHolder(paths: ClusterPaths, token: string): Promise<void> {
  await rm(join(paths.holders, `${token}.json`), { force: true });
}

/** Counts holders whose process lives, and forgets the others. */
export async function countLiveHolders(paths: ClusterPaths): Promise<number> {
  const names = await readdir(paths.holders).catch(() => []);
  let live = 0;
  for (const name of names) {
    const path = join(paths.holders, name);
    if (await isLive(path)) live += 1;
    else await rm(path, { force: true });
  }
  return live;
}

async function isLive(path: string): Promise<boolean> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Holder;
    const facts = await inspectProcess(holder.pid);
    return facts !== null && !facts.isZombie && facts.startedAt === holder.startedAt;
  } catch {
    return false; // cut off by a crash before its rename
  }
}
