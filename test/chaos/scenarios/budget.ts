import { type Scenario, shortLeaseMs } from '../scenario.ts';
import { lastFor } from '../waiting.ts';
import { threeSteps } from '../world/workflow.ts';

const callMs = 500;
const sizes = { full: { workers: 3, kills: 15, runsPerKill: 9 }, short: { workers: 2, kills: 2, runsPerKill: 9 } } as const;
/** A call costs about 0.00027 USD at most: enough for the 3 steps alone, with one call to spare, and with three. */
const budgetsUsd = [0.0009, 0.0011, 0.0017] as const;
/** Not enough for a single call: such a run lasts milliseconds, so it is submitted around the moment of the kill. */
const tooLittleUsd = 0.0001;
const burstMs = 60;

/** Workers die while runs spend tight budgets: a run may end for want of money, but is never charged more than it had. */
export const budget: Scenario = {
  name: 'budget',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, kills, runsPerKill } = sizes[scale];
    await world.start({ workers, callMs, leaseMs: shortLeaseMs });
    const workflows = budgetsUsd.map((maxCostUsd) => threeSteps({ maxCostUsd, maxTokens: 400 }));
    for (let kill = 1; kill <= kills; kill += 1) {
      await Promise.all(workflows.map((workflow) => world.submit(runsPerKill / workflows.length, workflow)));
      await lastFor(world.random.between(0, 3 * callMs));
      const burst = world.submit(runsPerKill, threeSteps({ maxCostUsd: tooLittleUsd, maxTokens: 400 }));
      await lastFor(world.random.between(0, burstMs));
      await world.workers.kill(world.random.pick(world.workers.running));
      await burst;
      world.progress(`kill ${kill} of ${kills}`);
      await world.workers.start(1);
    }
    await world.untilAllEnded(60_000);
    const ends = await world.database.query<{ status: string; error: string | null; count: number }>(
      `select status, error ->> 'name' as error, count(*)::int as count from ai_workflow_runs group by 1, 2 order by 1, 2`,
    );
    world.record.notes.push(ends.map(({ status, error, count }) => `${count} ${error ?? status}`).join(', '));
    for (const { status, error } of ends) {
      world.expect(status === 'completed' || error === 'Budget.Exceeded', `a run ended ${status} with ${error}`);
    }
  },
};
