import { percentile } from '../audit/takeover-times.ts';
import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';

const sizes = { full: { downMs: 20_000, perSecond: 4 }, short: { downMs: 2_500, perSecond: 6 } } as const;
/** A client must not notice that the queue is away. */
const acceptLimitMs = 3_000;

/** Redis is away for a while, and clients go on submitting. */
export const redisDown: Scenario = {
  name: 'redis-down',
  backends: ['redis'],
  async run(world, { scale }) {
    const { downMs, perSecond } = sizes[scale];
    await world.start({ workers: 2, callMs: 200 });
    await world.submit(perSecond);
    await world.redis.kill();
    world.record.faults += 1;
    const before = world.record.accepted.length;
    const load = world.load({ perSecond });
    await lastFor(downMs);
    await load.stop();
    const [ended] = await world.database.query<{ count: number }>(
      'select count(*)::int as count from ai_workflow_runs where finished_at is not null',
    );
    await world.redis.restart();

    const tookMs = world.record.accepted.slice(before).map((accepted) => accepted.tookMs);
    const slowest = Math.max(...tookMs);
    world.record.notes.push(
      `accepted while Redis was down: ${tookMs.length}, p50 ${percentile(tookMs, 0.5)} ms, slowest ${slowest} ms; ended by then: ${ended?.count}`,
    );
    world.expect(tookMs.length > 0, 'nothing was submitted while Redis was down');
    world.expect(slowest <= acceptLimitMs, `accepting took up to ${slowest} ms without Redis`);
    await world.untilAllEnded(90_000);
  },
};
