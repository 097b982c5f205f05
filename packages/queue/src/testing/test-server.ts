import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startPrivatePostgres } from '../../../../test/support/postgres.ts';
import { startRedis } from '../../../../test/support/redis.ts';
import type { QueueBackend } from '../queue.ts';

/** A server that a test may kill: its own, and only ever its own. */
export interface TestServer {
  readonly backend: QueueBackend;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Loses all jobs while everybody stays connected. */
  flush(): Promise<void>;
  /** Stops answering without closing a connection (SIGSTOP), until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Everything the server stores, as text. */
  dump(): Promise<string>;
  dispose(): Promise<void>;
}

export const startServer: Readonly<Record<QueueBackend['type'], () => Promise<TestServer>>> = {
  redis: startTestRedis,
  postgres: startTestPostgres,
};

async function startTestRedis(): Promise<TestServer> {
  const redis = await startRedis();
  return {
    backend: { type: 'redis', url: redis.url },
    kill: () => redis.kill(),
    start: () => redis.restart(),
    flush: () => redis.flushAll(),
    freeze: () => void process.kill(redis.pid, 'SIGSTOP'),
    thaw: () => void process.kill(redis.pid, 'SIGCONT'),
    dump: async () => {
      const client = new Redis(redis.url);
      try {
        const keys = await client.keys('*');
        const values = await Promise.all(keys.map((key) => readKey(client, key)));
        return JSON.stringify(Object.fromEntries(keys.map((key, index) => [key, values[index]])));
      } finally {
        client.disconnect();
      }
    },
    dispose: () => redis.dispose(),
  };
}

async function readKey(client: Redis, key: string): Promise<unknown> {
  const type = await client.type(key);
  if (type === 'hash') return client.hgetall(key);
  if (type === 'list') return client.lrange(key, 0, -1);
  if (type === 'zset') return client.zrange(key, '0', '-1');
  if (type === 'set') return client.smembers(key);
  if (type === 'stream') return client.xrange(key, '-', '+');
  return client.get(key);
}

async function startTestPostgres(): Promise<TestServer> {
  const postgres = await startPrivatePostgres();
  const run = async (sql: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  /** A frozen postmaster accepts no connections; the sessions it started must stop too. */
  const signalAll = (signal: NodeJS.Signals, pids: readonly number[]): void => {
    for (const pid of pids) process.kill(pid, signal);
  };
  let frozen: number[] = [];
  return {
    backend: { type: 'postgres', url: postgres.url },
    kill: () => postgres.crash(),
    start: () => postgres.start(),
    flush: async () => {
      await run('truncate bullmq.job cascade');
    },
    freeze: () => {
      process.kill(postgres.pid, 'SIGSTOP');
      while (stateOf(postgres.pid) !== 'T'); // a fork that is under way is finished first: microseconds
      const children = childrenOf(postgres.pid);
      signalAll('SIGSTOP', children);
      frozen = [postgres.pid, ...children];
    },
    thaw: () => signalAll('SIGCONT', frozen),
    dump: async () => {
      const { rows } = await run(
        `select coalesce(string_agg(query_to_xml(format('select * from bullmq.%I', tablename), true, false, '')::text, ''), '') as dump
         from pg_tables where schemaname = 'bullmq'`,
      );
      return String(rows[0].dump);
    },
    dispose: () => postgres.dispose(),
  };
}

/** One letter, `T` for stopped. */
function stateOf(pid: number): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
