import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** @param {string} directory @returns {number | undefined} */
function ownerOf(directory) {
  try {
    return Number(readFileSync(join(directory, 'pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** No installation takes this long: a process with the number of the dead owner may live. */
const maxLockMs = 15 * 60_000;

/** @param {string} directory */
function isExpired(directory) {
  try {
    return Date.now() - statSync(directory).mtimeMs > maxLockMs;
  } catch {
    return false;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} directory @returns {boolean} whether the lock is ours now; creating a directory is atomic */
function tryTake(directory) {
  const candidate = `${directory}.${process.pid}`;
  rmSync(candidate, { recursive: true, force: true });
  mkdirSync(candidate);
  writeFileSync(join(candidate, 'pid'), String(process.pid));
  try {
    // Fails when the lock exists, as a directory that is not empty is never replaced.
    renameSync(candidate, directory);
    return true;
  } catch {
    rmSync(candidate, { recursive: true, force: true });
    return false;
  }
}

/** Removes the lock of a dead process. Renaming first lets one of several do it; a lock taken meanwhile is put back. */
function removeStale(/** @type {string} */ directory, /** @type {number} */ deadPid) {
  const aside = `${directory}.stale.${process.pid}`;
  try {
    renameSync(directory, aside);
    if (ownerOf(aside) === deadPid) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, directory);
  } catch {
    // Another process was faster.
  }
}

/**
 * Runs `work` while no other process of this checkout does. A lock left by a killed process is taken over.
 * @template Result
 * @param {string} directory - the lock, a directory that must not exist otherwise
 * @param {{ work: () => Promise<Result>, onWait?: (pid: number) => void, pollMs?: number }} options
 * @returns {Promise<Result>}
 */
export async function withLock(directory, { work, onWait, pollMs = 200 }) {
  mkdirSync(dirname(directory), { recursive: true });
  let announced;
  while (!tryTake(directory)) {
    const owner = ownerOf(directory);
    if (owner !== undefined && (!isAlive(owner) || isExpired(directory))) {
      removeStale(directory, owner);
      continue;
    }
    if (owner !== undefined && announced !== owner) onWait?.(owner);
    announced = owner;
    await wait(pollMs);
  }
  try {
    return await work();
  } finally {
    if (ownerOf(directory) === process.pid) rmSync(directory, { recursive: true, force: true });
  }
}
