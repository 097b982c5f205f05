import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, mkdtemp, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@orchestrator/contracts';
import { type Binaries, relocateBinaries } from './binaries.ts';
import type { EmbeddedPostgresLog } from './log.ts';
import { runProgram, type SystemUser } from './run-program.ts';

/*
 * Only matters when root runs the server as another user: a project under /root (mode 0700) is closed to that user. Then
 * the programs are copied and the cluster is created in a folder that only root can write to but everybody can enter.
 */

const sharedParents = ['/var/lib', '/var/tmp'];
const sharedName = 'multi-ai-orchestrator';

/** Programs the server's user can execute: the installed ones, or a copy of them keyed by version. */
export async function executableBinaries(
  binaries: Binaries,
  user: SystemUser | null,
  log: EmbeddedPostgresLog,
): Promise<Binaries> {
  if (user === null || (await canUse(user, binaries.directory))) return binaries;
  const target = join(await sharedFolder(user), binaries.build);
  if (!(await exists(target))) {
    const copy = await mkdtemp(`${target}.new-`);
    await cp(binaries.directory, copy, { recursive: true, verbatimSymlinks: true });
    await chmod(copy, 0o755);
    // Another starter may have been faster; its copy is the same.
    await rename(copy, target).catch(() => rm(copy, { recursive: true, force: true }));
    log.info(
      { from: binaries.directory, to: target, user: user.name },
      'copied the Postgres programs to a folder their user can read',
    );
  }
  return relocateBinaries(binaries, target);
}

/**
 * The folder for a new cluster inside `dataDir`, or a link there to one elsewhere if the server's user can't reach `dataDir`.
 *
 * @returns the real path of the existing or future cluster folder.
 */
export async function clusterRoot(dataDir: string, user: SystemUser | null, log: EmbeddedPostgresLog): Promise<string> {
  const path = join(dataDir, 'postgres');
  const entry = await lstat(path).catch(() => null);
  if (entry?.isSymbolicLink()) {
    return realpath(path).catch((cause) => {
      const message = `${path} links to a Postgres data folder that no longer exists: restore it, or delete the link to begin empty.`;
      throw new AppError('invalid-configuration', message, { cause });
    });
  }
  if (user === null || (await canUse(user, dataDir))) return path;
  if (entry !== null) {
    const message = `${path} can't be reached by the system user "${user.name}" that runs Postgres: give it access to the folders above, or move the data folder.`;
    throw new AppError('invalid-configuration', message);
  }
  const data = join(await sharedFolder(user), 'data');
  await mkdir(data, { recursive: true, mode: 0o755 });
  // A fresh name, not one derived from dataDir: deleting dataDir must mean beginning empty.
  const root = join(data, randomUUID());
  await mkdir(root);
  await symlink(root, path);
  log.warn(
    { dataDir, root, user: user.name },
    'the data folder is closed to the user that runs Postgres; the data lives elsewhere',
  );
  return root;
}

async function canUse(user: SystemUser, directory: string): Promise<boolean> {
  const script = 'cd -- "$1" && if [ -d bin ]; then [ -x bin/postgres ] && [ -r share/postgresql/postgres.bki ]; fi';
  const result = await runProgram('/bin/sh', ['-c', script, 'sh', directory], { user, cwd: '/' });
  return result.exitCode === 0;
}

async function sharedFolder(user: SystemUser): Promise<string> {
  for (const parent of sharedParents) {
    const folder = join(parent, sharedName);
    await mkdir(folder, { mode: 0o755 }).catch(() => undefined);
    if ((await isOursAlone(folder)) && (await canUse(user, folder))) return folder;
  }
  const message = `The system user "${user.name}" can't read the project's folder, and no other place was found: move the project, or give access to the folders above it.`;
  throw new AppError('invalid-configuration', message);
}

/** /var/tmp is writable for everybody: a folder prepared by somebody else could hold other programs. */
async function isOursAlone(folder: string): Promise<boolean> {
  const entry = await lstat(folder).catch(() => null);
  return entry?.isDirectory() === true && entry.uid === 0 && (entry.mode & 0o022) === 0;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
