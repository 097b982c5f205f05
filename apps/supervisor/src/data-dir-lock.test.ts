import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataDir } from './data-dir-lock.ts';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'data-'));

describe('lockDataDir', () => {
  it('lets in one at a time and names the owner', async () => {
    const directory = newDirectory();
    const lock = await lockDataDir(directory, 0);
    expect(lock.isRecovered).toBe(false);
    await expect(lockDataDir(directory, 0)).rejects.toThrow(`is in use by another copy of this system (process ${process.pid})`);
    lock.release();
    expect((await lockDataDir(directory, 0)).isRecovered).toBe(false);
  });

  it('waits for an owner that is about to end', async () => {
    const directory = newDirectory();
    const first = await lockDataDir(directory, 0);
    const second = lockDataDir(directory, 5_000);
    first.release();
    expect((await second).isRecovered).toBe(false);
  });

  it('takes over the lock of a dead process', async () => {
    const directory = newDirectory();
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(join(directory, 'supervisor.lock'), JSON.stringify({ pid: dead, startedAt: '1' }));
    const lock = await lockDataDir(directory, 0);
    expect(lock.isRecovered).toBe(true);
    lock.release();
    expect(existsSync(join(directory, 'supervisor.lock'))).toBe(false);
  });

  it.runIf(process.platform !== 'win32')('is not fooled by another process with the same number', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'supervisor.lock'), JSON.stringify({ pid: process.pid, startedAt: 'another time' }));
    expect((await lockDataDir(directory, 0)).isRecovered).toBe(true);
  });

  it('takes over a lock whose owner died before it wrote its name', async () => {
    const directory = newDirectory();
    const file = join(directory, 'supervisor.lock');
    writeFileSync(file, '');
    await expect(lockDataDir(directory, 0)).rejects.toThrow('is in use');
    utimesSync(file, new Date(0), new Date(0));
    expect((await lockDataDir(directory, 0)).isRecovered).toBe(true);
  });
});
