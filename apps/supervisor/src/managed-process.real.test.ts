import { afterEach, describe, expect, it } from 'vitest';
import { type Exit, type ManagedProcess, startManagedProcess } from './managed-process.ts';

const running: ManagedProcess[] = [];

function start(
  script: string,
  options: { onCrash?: (exit: Exit, restartInMs: number) => boolean; onLine?: (text: string) => void } = {},
) {
  const managed = startManagedProcess({
    args: ['-e', script],
    environment: () => ({ PATH: '/usr/bin:/bin', FROM_PARENT: 'yes' }),
    onLine: ({ text }) => options.onLine?.(text),
    onMessage: () => {},
    onCrash: options.onCrash ?? (() => false),
  });
  running.push(managed);
  return managed;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((managed) => managed.stop(0)));
});

describe('startManagedProcess', () => {
  it('restarts a crashed child after 1 s, then 2 s', async () => {
    const crashes: [Exit, number][] = [];
    await new Promise<void>((resolve) => {
      start('process.exit(3)', {
        onCrash: (exit, restartInMs) => {
          crashes.push([exit, restartInMs]);
          if (crashes.length === 2) resolve();
          return crashes.length < 2;
        },
      });
    });
    expect(crashes).toEqual([
      [{ code: 3, signal: null }, 1_000],
      [{ code: 3, signal: null }, 2_000],
    ]);
  });

  it('passes the environment and the lines', async () => {
    const line = await new Promise((resolve) => {
      start('console.log(process.env.FROM_PARENT); setInterval(() => {}, 1000)', { onLine: resolve });
    });
    expect(line).toBe('yes');
  });

  it('kills a child that ignores SIGTERM, and starts it no more', async () => {
    const crashes: Exit[] = [];
    let managed: ManagedProcess | undefined;
    await new Promise((resolve) => {
      managed = start(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`, {
        onLine: resolve,
        onCrash: (exit) => crashes.push(exit) > 0,
      });
    });
    await managed?.stop(50);
    expect(managed?.pid()).toBeUndefined();
    expect(crashes).toEqual([]);
  });

  it('restarts on demand without counting a crash', async () => {
    const crashes: Exit[] = [];
    const pids: string[] = [];
    await new Promise<void>((resolve) => {
      const managed = start('console.log(process.pid); setInterval(() => {}, 1000)', {
        onLine: (text) => {
          if (pids.push(text) === 2) resolve();
          else managed.restart();
        },
        onCrash: (exit) => crashes.push(exit) > 0,
      });
    });
    expect(new Set(pids).size).toBe(2);
    expect(crashes).toEqual([]);
  });
});
