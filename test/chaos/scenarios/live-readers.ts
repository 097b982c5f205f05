import { type Scenario, shortLeaseMs } from '../scenario.ts';
import { lastFor } from '../waiting.ts';
import { readRun } from '../world/reader.ts';

const callMs = 700;
const sizes = {
  full: { workers: 4, kills: 10, runsPerKill: 8, readersPerRun: 4, maxConnectionMs: 2_000 },
  short: { workers: 3, kills: 2, runsPerKill: 6, readersPerRun: 3, maxConnectionMs: 800 },
} as const;

/** Workers die while they tell of answers piece by piece; readers leave, and go on at another of two APIs. */
export const liveReaders: Scenario = {
  name: 'live-readers',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, kills, runsPerKill, readersPerRun, maxConnectionMs } = sizes[scale];
    await world.start({ workers, callMs, dripBytes: 200, apis: 2, leaseMs: scale === 'short' ? shortLeaseMs : undefined });
    const end = new AbortController();
    const readings: ReturnType<typeof readRun>[] = [];
    const { apis, random } = world;
    for (let kill = 1; kill <= kills; kill += 1) {
      const runIds = await world.submit(runsPerKill);
      for (const runId of runIds) {
        for (let reader = 0; reader < readersPerRun; reader += 1) {
          readings.push(readRun({ runId, apis, random, maxConnectionMs, signal: end.signal }));
        }
      }
      await lastFor(random.between(0, 3 * callMs));
      await world.workers.kill(random.pick(world.workers.running));
      world.progress(`kill ${kill} of ${kills}`);
      await world.workers.start(1);
    }
    await world.untilAllEnded(60_000);
    // They have 10 s to hear of it: longer than the longest pause between two looks at the store.
    const timer = setTimeout(() => end.abort(), 10_000);
    world.record.readings.push(...(await Promise.all(readings)));
    clearTimeout(timer);
    const connections = world.record.readings.reduce((sum, reading) => sum + reading.connections, 0);
    world.record.notes.push(`${world.record.readings.length} readers over ${connections} connections`);
    world.expect(connections > 2 * readings.length, `the readers left too seldom: ${connections} connections`);
    const types = new Set(world.record.readings.flatMap(({ events }) => events.map(({ type }) => type)));
    world.expect(types.has('restart'), 'no answer was taken back');
  },
};
