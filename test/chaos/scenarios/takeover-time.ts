import { percentile } from '../audit/takeover-times.ts';
import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';
import type { WorkerProcess } from '../world/worker-fleet.ts';
import type { World } from '../world/world.ts';

const sizes = {
  full: { workers: 4, kills: 20, runsPerKill: 6, callMs: 1_500 },
  short: { workers: 2, kills: 1, runsPerKill: 8, callMs: 600 },
} as const;
/** The time between two lease renewals by default: the moment of death may be anywhere in it. */
const renewalMs = 2_000;

/** How long a dead worker's runs lie still, with default settings. */
export const takeoverTime: Scenario = {
  name: 'takeover-time',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, kills, runsPerKill, callMs } = sizes[scale];
    await world.start({ workers, callMs });
    world.record.takeoverLimitMs = 10_000;
    for (let kill = 1; kill <= kills; kill += 1) {
      await world.submit(runsPerKill);
      await lastFor(world.random.between(0, Math.min(renewalMs, 2 * callMs)));
      const [victim] = await busiest(world);
      if (victim === undefined) throw new Error('no worker holds a run');
      await world.workers.kill(victim);
      world.progress(`kill ${kill} of ${kills}`);
      await world.workers.start(1);
    }
    await world.untilAllEnded(60_000);
    const ends = await endsAfterLoss(world);
    world.record.notes.push(
      `from kill to the end of the run: p50 ${percentile(ends, 0.5)} ms, p95 ${percentile(ends, 0.95)} ms (calls take ${callMs} ms)`,
    );
  },
};

/** Workers that hold runs, the fullest first. */
async function busiest(world: World): Promise<WorkerProcess[]> {
  const loads = await Promise.all(
    world.workers.running.map(async (worker) => ({ worker, count: (await world.workers.runsOf(worker)).length })),
  );
  return loads
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ worker }) => worker);
}

async function endsAfterLoss(world: World): Promise<number[]> {
  const rows = await world.database.query<{ id: string; endedAtMs: number }>(
    'select id, (extract(epoch from finished_at) * 1000)::float8 as "endedAtMs" from ai_workflow_runs where finished_at is not null',
  );
  const endedAtMs = new Map(rows.map((row) => [row.id, row.endedAtMs]));
  return world.record.losses.flatMap((loss) => loss.runIds.map((id) => Math.round((endedAtMs.get(id) ?? 0) - loss.atMs)));
}
