import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from './install-lock.mjs';

const newLock = () => join(mkdtempSync(join(tmpdir(), 'lock-')), 'cache/install.lock');

function heldBy(pid: number): string {
  const lock = newLock();
  mkdirSync(lock, { recursive: true });
  writeFileSync(join(lock, 'pid'), String(pid));
  return lock;
}

describe('withLock', () => {
  it('holds the lock during the work and releases it, also after a failure', async () => {
    const lock = newLock();
    expect(await withLock(lock, { work: async () => existsSync(lock) })).toBe(true);
    await expect(withLock(lock, { work: () => Promise.reject(new Error('broken')) })).rejects.toThrow('broken');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over the lock of a dead process', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    expect(await withLock(heldBy(dead), { work: async () => 'done' })).toBe('done');
  });

  it('takes over a lock that is too old to be true', async () => {
    const lock = heldBy(process.ppid);
    utimesSync(lock, new Date(0), new Date(0));
    expect(await withLock(lock, { work: async () => 'done' })).toBe('done');
  });

  it('waits for a living process and says for whom', async () => {
    const lock = newLock();
    const order: string[] = [];
    let release = () => {};
    let isTaken = () => {};
    const taken = new Promise<void>((resolve) => {
      isTaken = resolve;
    });
    const first = withLock(lock, {
      work: () => {
        isTaken();
        return new Promise<void>((resolve) => {
          release = () => {
            order.push('first ends');
            resolve();
          };
        });
      },
    });
    await taken;
    const second = withLock(lock, {
      pollMs: 1,
      onWait: (pid) => {
        order.push(`waits for ${pid === process.pid ? 'us' : pid}`);
        release();
      },
      work: async () => void order.push('second works'),
    });
    await Promise.all([first, second]);
    expect(order).toEqual(['waits for us', 'first ends', 'second works']);
  });
});
