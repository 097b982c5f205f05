import { type Scenario, shortLeaseMs } from '../scenario.ts';
import { lastFor } from '../waiting.ts';

const callMs = 400;
const sizes = { full: { workers: 4, kills: 20, runsPerKill: 10 }, short: { workers: 3, kills: 2, runsPerKill: 12 } } as const;

/** A worker dies at a random moment of 3-step runs, again and again; another process takes its place. */
export const workerKill: Scenario = {
  name: 'worker-kill',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, kills, runsPerKill } = sizes[scale];
    await world.start({ workers, callMs, leaseMs: scale === 'short' ? shortLeaseMs : undefined });
    for (let kill = 1; kill <= kills; kill += 1) {
      await world.submit(runsPerKill);
      await lastFor(world.random.between(0, 3 * callMs));
      await world.workers.kill(world.random.pick(world.workers.running));
      world.progress(`kill ${kill} of ${kills}`);
      await world.workers.start(1);
    }
    await world.untilAllEnded(60_000);
  },
};
