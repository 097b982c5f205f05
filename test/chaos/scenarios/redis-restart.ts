import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';

const sizes = {
  full: { restarts: 8, perSecond: 12, mostMs: 1_500 },
  short: { restarts: 2, perSecond: 10, mostMs: 500 },
} as const;

/** Redis (with its append-only file) is restarted under load, in order and by SIGKILL in turn. */
export const redisRestart: Scenario = {
  name: 'redis-restart',
  backends: ['redis'],
  async run(world, { scale }) {
    const { restarts, perSecond, mostMs } = sizes[scale];
    await world.start({ workers: 2, callMs: 200 });
    const load = world.load({ perSecond });
    for (let restart = 1; restart <= restarts; restart += 1) {
      await lastFor(world.random.between(200, mostMs));
      await (restart % 2 === 0 ? world.redis.kill() : world.redis.stop());
      await lastFor(world.random.between(0, mostMs));
      await world.redis.restart();
      world.record.faults += 1;
      world.progress(`restart ${restart} of ${restarts}`);
    }
    await load.stop();
    await world.untilAllEnded(60_000);
  },
};
