import { migrate } from '@orchestrator/store';
import { type PrivatePostgres, startPrivatePostgres } from '../../support/postgres.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import type { BackendType } from '../scenario.ts';
import { type Database, openDatabase } from './database.ts';
import { startUpstreamProcess, type UpstreamProcess } from './upstream-process.ts';
import { prepareWarmStart } from './warm-start.ts';

/** The servers that worlds stand on, one world after the other. All of them were started here and may be killed. */
export interface Infrastructure {
  readonly backend: BackendType;
  readonly postgres: PrivatePostgres;
  /** Writes an append-only file, as the compose file does; null where the queue lives in Postgres. */
  readonly redis: TestRedis | null;
  readonly upstream: UpstreamProcess;
  /** For every process of a world: makes it start faster. */
  readonly warmEnv: Readonly<Record<string, string>>;
  /** A migrated, empty database; starts again what a failed scenario left broken. */
  freshDatabase(name: string): Promise<Database>;
  dispose(): Promise<void>;
}

const template = 'chaos_template';

export async function startInfrastructure(backend: BackendType): Promise<Infrastructure> {
  const started: (() => Promise<unknown>)[] = [];
  const dispose = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const postgres = await startPrivatePostgres();
    started.push(() => postgres.dispose());
    const warmStart = await prepareWarmStart();
    started.push(() => warmStart.dispose());
    const redis = backend === 'redis' ? await startRedis({ appendonly: true }) : null;
    started.push(async () => redis?.dispose());
    const upstream = await startUpstreamProcess();
    started.push(() => upstream.stop());
    const maintenance = () => openDatabase(postgres.url);
    const run = async (...statements: string[]) => {
      const database = maintenance();
      try {
        for (const statement of statements) await database.query(statement);
      } finally {
        await database.close();
      }
    };
    const urlOf = (name: string) => {
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    };
    await run(`create database ${template}`);
    await migrate({ url: urlOf(template) });
    return {
      backend,
      postgres,
      redis,
      upstream,
      warmEnv: warmStart.env,
      dispose,
      async freshDatabase(name) {
        if (!(await maintenanceAnswers(maintenance))) {
          await postgres.stop();
          await postgres.start();
        }
        if (redis !== null) {
          if (!isUp(redis)) await redis.restart();
          await redis.flushAll();
        }
        await upstream.reset();
        await run(`drop database if exists ${name} with (force)`, `create database ${name} template ${template}`);
        return openDatabase(urlOf(name));
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function maintenanceAnswers(open: () => Database): Promise<boolean> {
  const database = open();
  const answers = await database.query('select 1').then(
    () => true,
    () => false,
  );
  await database.close();
  return answers;
}

function isUp(redis: TestRedis): boolean {
  try {
    return redis.pid > 0;
  } catch {
    return false; // its pid can only be read while it runs
  }
}
