import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';

const sizes = { full: { flushes: 10, perSecond: 15 }, short: { flushes: 3, perSecond: 12 } } as const;

/** Redis forgets everything under load: waiting, delayed and active jobs. */
export const redisFlush: Scenario = {
  name: 'redis-flush',
  backends: ['redis'],
  async run(world, { scale }) {
    const { flushes, perSecond } = sizes[scale];
    await world.start({ workers: 2, callMs: 200 });
    const load = world.load({ perSecond });
    for (let flush = 1; flush <= flushes; flush += 1) {
      await lastFor(world.random.between(200, 1_200));
      // A burst right before, so that there is something to forget.
      await Promise.all([world.submit(5), world.redis.flushAll()]);
      world.record.faults += 1;
      world.progress(`flush ${flush} of ${flushes}`);
    }
    await load.stop();
    await world.untilAllEnded(90_000);
  },
};
