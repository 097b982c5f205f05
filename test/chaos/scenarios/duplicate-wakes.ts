import { setTimeout as delay } from 'node:timers/promises';
import type { RunKind, Wake } from '@orchestrator/contracts';
import { createQueue } from '@orchestrator/queue';
import type { Scenario } from '../scenario.ts';

const sizes = { full: { workers: 4, runs: 200, perSecond: 40 }, short: { workers: 2, runs: 40, perSecond: 20 } } as const;
/** Far from the numbers that the product gives out, so that none of them is taken for a repetition and dropped. */
const firstForeignWakeNo = 1_000_000;
const everyMs = 150;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Every wake-up is delivered at least twice, and every unfinished run is woken again and again. */
export const duplicateWakes: Scenario = {
  name: 'duplicate-wakes',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, runs, perSecond } = sizes[scale];
    await world.start({ workers, callMs: 200 });
    world.record.areTakeoversForbidden = true;
    const queue = await createQueue({ backend: world.queue, log: silent });
    const stopping = new AbortController();
    let wakeNo = firstForeignWakeNo;
    const repeat = async () => {
      while (!stopping.signal.aborted) {
        const open = await world.database.query<{ id: string; kind: RunKind; epoch: number; priority: Wake['priority'] }>(
          'select id, kind, lease_epoch as epoch, priority from ai_workflow_runs where finished_at is null',
        );
        const wakes = [...open, ...open].map(({ id, ...run }) => {
          wakeNo += 1;
          return { ...run, runId: id, wakeNo };
        });
        await queue.wake(wakes);
        world.record.faults += wakes.length;
        await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    };
    const repeating = repeat();
    try {
      const load = world.load({ perSecond });
      await Promise.race([repeating, delay((runs / perSecond) * 1_000)]); // the load's length; a failure ends it at once
      await load.stop();
      await world.untilAllEnded(60_000);
    } finally {
      stopping.abort();
      await repeating.finally(() => queue.close());
    }
    world.expect(world.record.faults >= world.record.accepted.length, 'fewer extra wake-ups than runs');
  },
};
