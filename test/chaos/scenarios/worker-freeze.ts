import { type Scenario, shortLeaseMs } from '../scenario.ts';
import { lastFor } from '../waiting.ts';
import { storedState } from '../world/stored-state.ts';

const sizes = {
  full: { workers: 4, frozen: 2, runs: 60, freezeMs: 30_000, callMs: 1_500, leaseMs: undefined },
  short: { workers: 2, frozen: 1, runs: 16, freezeMs: 3_000, callMs: 500, leaseMs: shortLeaseMs },
} as const;

/** Workers freeze for longer than their lease; when they go on, their late writes must change nothing. */
export const workerFreeze: Scenario = {
  name: 'worker-freeze',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { frozen, runs, freezeMs, ...start } = sizes[scale];
    await world.start(start);
    const victims = world.workers.running.slice(0, frozen);
    await world.submit(runs);
    const frozenAtMs = Date.now();
    for (const victim of victims) {
      await world.workers.untilHolding(victim, 1);
      await lastFor(world.random.between(0, start.callMs));
      await world.workers.freeze(victim, { isLoss: true });
    }
    const held = world.record.losses.reduce((sum, loss) => sum + loss.runIds.length, 0);
    world.expect(held > 0, 'no frozen worker held a run: nothing was tested');
    world.progress(`${victims.length} workers frozen with ${held} runs`);
    await world.untilAllEnded(60_000);
    await lastFor(frozenAtMs + freezeMs - Date.now());

    const before = await storedState(world.database);
    for (const victim of victims) world.workers.thaw(victim);
    for (const victim of victims) await world.workers.untilIdle(victim);
    const after = await storedState(world.database);
    world.expect(before === after, `late writes changed the database: ${before} became ${after}`);

    await world.submit(victims.length * 4);
    await world.untilAllEnded(30_000);
  },
};
