import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';

const sizes = {
  full: { workers: 3, blocks: 12, perSecond: 4, callMs: 1_000 },
  short: { workers: 2, blocks: 2, perSecond: 6, callMs: 600 },
} as const;
const blockMs = 2_000;

/** A worker's event loop stands still for 2 s, as by a long garbage collection: with default settings nobody takes its runs. */
export const blockedLoop: Scenario = {
  name: 'blocked-loop',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, blocks, perSecond, callMs } = sizes[scale];
    await world.start({ workers, callMs });
    world.record.areTakeoversForbidden = true;
    const load = world.load({ perSecond });
    for (let block = 0; block < blocks; block += 1) {
      const victim = world.workers.running[block % workers];
      if (victim === undefined) throw new Error('a worker is missing');
      await world.workers.untilHolding(victim, 1);
      await world.workers.freeze(victim, { isLoss: false });
      await lastFor(blockMs);
      world.workers.thaw(victim);
      world.progress(`block ${block + 1} of ${blocks}`);
    }
    await load.stop();
    await world.untilAllEnded(60_000);
  },
};
