import type { Scenario } from '../scenario.ts';
import { lastFor } from '../waiting.ts';
import { restartPostgres } from '../world/restart-postgres.ts';

const sizes = { full: { restarts: 6, perSecond: 12 }, short: { restarts: 1, perSecond: 10 } } as const;

/** Postgres is restarted under load without a shutdown: `-m immediate` and SIGKILL in turn. Clients repeat what got no 2xx. */
export const postgresRestart: Scenario = {
  name: 'postgres-restart',
  backends: ['redis', 'postgres'],
  async run(world, { scale }) {
    const { restarts, perSecond } = sizes[scale];
    await world.start({ workers: 2, callMs: 200 });
    const load = world.load({ perSecond });
    for (let restart = 1; restart <= restarts; restart += 1) {
      await lastFor(world.random.between(1_000, 2_500));
      await restartPostgres(world, { mode: restart % 2 === 1 ? 'immediate' : 'kill', downMs: world.random.between(0, 1_500) });
      world.progress(`restart ${restart} of ${restarts}`);
    }
    await world.submit(1); // served again
    await load.stop();
    await world.untilAllEnded(90_000);
  },
};
