import { lastFor, pollUntil } from '../waiting.ts';
import type { World } from './world.ts';

export interface RestartOptions {
  /** `immediate`: what `pg_ctl restart -m immediate` does. `kill`: SIGKILL of the postmaster. */
  readonly mode: 'immediate' | 'kill';
  readonly downMs: number;
}

/** Crashes the world's Postgres and starts it again on its port; it recovers from its log. */
export async function restartPostgres(world: World, { mode, downMs }: RestartOptions): Promise<void> {
  const { postgres, database } = world;
  // The server behind our port must be the process that we are about to signal.
  const [file] = await database.query<{ lines: string }>(`select pg_read_file('postmaster.pid') as lines`);
  const lines = file?.lines.split('\n') ?? [];
  if (lines[0] !== String(postgres.pid) || lines[3] !== String(postgres.port)) {
    throw new Error(`port ${postgres.port} is not served by process ${postgres.pid}`);
  }
  if (mode === 'kill') await postgres.crash();
  else {
    process.kill(postgres.pid, 'SIGQUIT');
    await pollUntil(() => (isAlive(postgres.pid) ? undefined : true), { what: 'Postgres is down', intervalMs: 20 });
    await postgres.stop(); // gives up the hold on a server that is gone
  }
  world.record.faults += 1;
  await lastFor(downMs);
  await postgres.start();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
