import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@orchestrator/contracts';

/** Whoever holds a lock: a process number alone may belong to another process by now, above all in containers. */
interface Owner {
  readonly pid: number;
  /** When the process started, as the system tells it; empty where it can't be known. */
  readonly startedAt: string;
}

/** A lock file is written right after it is created: an empty one of this age belongs to nobody. */
const maxUnwrittenMs = 5_000;
const retryMs = 100;

function startOf(pid: number): string {
  try {
    if (process.platform === 'win32') return '';
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the process name in parentheses before it may contain spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const startedAt = startOf(owner.pid);
  return owner.startedAt === '' || startedAt === '' || startedAt === owner.startedAt;
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isStale(file: string): boolean {
  const owner = readOwner(file);
  if (owner !== undefined) return !isAlive(owner);
  try {
    return Date.now() - statSync(file).mtimeMs > maxUnwrittenMs;
  } catch {
    return false;
  }
}

function tryCreate(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Owner));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new AppError('invalid-configuration', `The data directory can't be used: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Removes a stale lock. Renaming first lets one of several do it; a lock that was taken meanwhile is put back. */
function removeStale(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (isStale(aside)) rmSync(aside, { force: true });
    else renameSync(aside, file);
  } catch {
    // Another process was faster; the next attempt to create the file decides.
  }
}

export interface DataDirLock {
  /** Whether the last owner ended without releasing it: its children may still be on their way out. */
  readonly isRecovered: boolean;
  release(): void;
}

/**
 * Makes this process the only supervisor of a data directory. The lock of a dead process is taken over.
 * @param dataDir - an existing directory
 * @param patienceMs - how long a living owner may need to end: a restart overlaps with the end of the former copy
 * @throws AppError `conflict` when a living process keeps it
 */
export async function lockDataDir(dataDir: string, patienceMs: number): Promise<DataDirLock> {
  const file = join(dataDir, 'supervisor.lock');
  let isRecovered = false;
  for (let waitedMs = 0; ; waitedMs += retryMs) {
    if (tryCreate(file)) return { isRecovered, release: () => release(file) };
    if (isStale(file)) {
      isRecovered = true;
      removeStale(file);
    } else if (waitedMs >= patienceMs) {
      const pid = readOwner(file)?.pid;
      const owner = pid === undefined ? '' : ` (process ${pid})`;
      const advice = 'Stop it, or give this one its own directory with DATA_DIR.';
      throw new AppError('conflict', `${dataDir} is in use by another copy of this system${owner}. ${advice}`);
    } else {
      await wait(retryMs);
    }
  }
}

function release(file: string): void {
  if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true });
}
