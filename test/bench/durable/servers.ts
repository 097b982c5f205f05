import { startEmbeddedPostgres } from '@orchestrator/embedded';
import { migrate } from '@orchestrator/store';
import pg from 'pg';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { makeScratchFolder } from '../../support/scratch-folder.ts';
import { problemLog } from '../../support/test-postgres-options.ts';

const quietIntervalMs = 50;
const quietTimeoutMs = 10_000;

export interface BenchDatabase {
  readonly url: string;
  query<Row extends object>(text: string): Promise<Row[]>;
}

/** The servers under everything, as in production: Postgres syncs every commit, Redis its log once a second. */
export interface Servers {
  readonly postgresPid: number;
  /** A migrated database of its own. */
  createDatabase(name: string): Promise<BenchDatabase>;
  startRedis(): Promise<TestRedis>;
  /** Resolves when no autovacuum of what was written before is running: it would be charged to whoever is measured next. */
  quiet(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const started: (() => Promise<unknown>)[] = [];
  const postgres = await startEmbeddedPostgres({ dataDir: await makeScratchFolder('postgres'), log: problemLog });
  const openDatabase = (name: string): BenchDatabase => {
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    const pool = new pg.Pool({ connectionString: url.href, max: 1 });
    started.push(() => pool.end());
    return { url: url.href, query: async <Row extends object>(text: string) => (await pool.query<Row>(text)).rows };
  };
  const maintenance = openDatabase('postgres');

  async function isQuiet(): Promise<boolean> {
    const rows = await maintenance.query(`select from pg_stat_activity where backend_type = 'autovacuum worker'`);
    return rows.length === 0;
  }

  return {
    postgresPid: postgres.pid,
    async createDatabase(name) {
      await maintenance.query(`create database ${name}`);
      const database = openDatabase(name);
      await migrate({ url: database.url });
      return database;
    },
    async startRedis() {
      const redis = await startRedis({ appendonly: true });
      started.push(() => redis.dispose());
      return redis;
    },
    async quiet() {
      const untilMs = performance.now() + quietTimeoutMs;
      while (!(await isQuiet()) && performance.now() < untilMs) {
        await new Promise((resolve) => setTimeout(resolve, quietIntervalMs));
      }
    },
    async dispose() {
      for (const end of started.splice(0).reverse()) await end();
      await postgres.stop();
    },
  };
}
