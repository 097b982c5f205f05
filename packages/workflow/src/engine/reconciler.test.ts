import { AppError } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { VirtualTime } from '../simulation/virtual-time.ts';
import { Reconciler } from './reconciler.ts';

const startMs = 1_800_000_000_000;

/** What a reconciler asks for while the store is away from second 3 on, as "second: limit". */
async function limitsAround(outageMs: number): Promise<string[]> {
  const time = new VirtualTime(startMs);
  const asked: string[] = [];
  const silent = () => {};
  const reconciler = new Reconciler(
    {
      store: {
        claimRun: async () => null,
        commitRun: async () => ({ status: 'stale' }),
        renewLeases: async () => [],
        getDefinition: async () => null,
        async dueRuns({ limit }) {
          const atMs = time.nowMs - startMs;
          if (atMs >= 3_000 && atMs < 3_000 + outageMs) throw new AppError('store-unavailable', 'away', { retryable: true });
          asked.push(`${atMs / 1_000}: ${limit}`);
          return { due: [], cancelRequested: [] };
        },
      },
      queue: { wake: async () => {}, notifyReply: silent },
      clock: { nowMs: () => time.nowMs, setTimer: (delayMs, callback) => time.after(delayMs, callback) },
      random: () => 0.5,
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
    {
      workerId: 'w',
      pollEveryMs: 1_000,
      pollLimit: 9,
      maxUnqueuedRuns: 1,
      outageMs: 3_500,
      graceMs: 3_500,
      onCancelRequested: silent,
      execute: async () => {},
    },
  );
  reconciler.start();
  await time.run(() => false, startMs + 15_000, silent);
  reconciler.stop();
  return asked;
}

it('lets live holders renew first after an outage in which leases ran out', async () => {
  const asked = await limitsAround(5_000);
  expect(asked.slice(0, 3)).toEqual(['0: 9', '1: 9', '2: 9']);
  expect(asked.slice(3, 8)).toEqual(['8: 0', '9: 0', '10: 0', '11: 0', '12: 9']);
});

it('goes on at once after a shorter one', async () => {
  expect((await limitsAround(2_000)).slice(2, 5)).toEqual(['2: 9', '5: 9', '6: 9']);
});
