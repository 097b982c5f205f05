import type { Scenario } from '../scenario.ts';

const sizes = { full: { workers: 4, rounds: 2, perSecond: 12 }, short: { workers: 2, rounds: 1, perSecond: 10 } } as const;
const exitLimitMs = 30_000;

/** Each worker in turn is asked to stop under load and replaced; with short calls nothing is thrown away. */
export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { workers, rounds, perSecond } = sizes[scale];
    await world.start({ workers, callMs: 300 });
    world.record.areTakeoversForbidden = true;
    const load = world.load({ perSecond });
    const exitMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      for (const worker of [...world.workers.running]) {
        await world.workers.untilHolding(worker, 1);
        const startedAtMs = Date.now();
        const exit = await world.workers.terminate(worker, exitLimitMs);
        exitMs.push(Date.now() - startedAtMs);
        world.expect(exit.exitCode === 0, `worker ${worker.pid} ended with ${exit.signal ?? `exit code ${exit.exitCode}`}`);
        await world.workers.start(1);
      }
      world.progress(`round ${round} of ${rounds}`);
    }
    await load.stop();
    await world.untilAllEnded(60_000);
    world.record.notes.push(`SIGTERM to exit: ${exitMs.sort((a, b) => a - b).join(', ')} ms`);
  },
};
