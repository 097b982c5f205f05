import { AppError } from '@orchestrator/contracts';
import type { PgPool } from 'bullmq';
import pg from 'pg';

/** BullMQ's schema; it can't be another one while the pool is ours. */
const schema = 'bullmq';

export interface QueuePoolOptions {
  readonly url: string;
  /** Connections at most. Every BullMQ Worker and the relay keep one to themselves, for LISTEN. */
  readonly size: number;
  /** How long a query may wait for a free connection, in milliseconds. */
  readonly acquireTimeoutMs: number;
  /** A query without an answer for this long gives its connection up, in milliseconds. */
  readonly queryTimeoutMs: number;
  readonly onError: (error: unknown) => void;
  /** Settings of every session, as `name=value`. @defaultValue BullMQ's search path */
  readonly settings?: readonly string[];
}

/** @throws AppError `invalid-configuration` when the URL can't be used for a queue */
export function createQueuePool(options: QueuePoolOptions): pg.Pool {
  const { connectionString, sessionOptions } = splitSessionOptions(options.url);
  const settings = options.settings ?? [`search_path=${schema}`];
  const pool = new pg.Pool({
    connectionString,
    options: [sessionOptions, ...settings.map((setting) => `-c ${setting}`)].join(' ').trim(),
    application_name: 'orchestrator-queue',
    max: options.size,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    query_timeout: options.queryTimeoutMs,
    allowExitOnIdle: true,
  });
  // Each BullMQ object listens on the pool and on its connections.
  pool.setMaxListeners(0);
  pool.on('connect', (client) => client.setMaxListeners(0));
  pool.on('error', options.onError);
  return pool;
}

/** The same pool with BullMQ's own type for it: its `on` has overloads where @types/pg has one generic signature. */
export function asBullmqPool(pool: pg.Pool): PgPool {
  return pool as unknown as PgPool;
}

/** `?options=` in the URL would replace ours, and with it the search path. */
function splitSessionOptions(url: string): { connectionString: string; sessionOptions: string } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new AppError('invalid-configuration', "The queue's Postgres URL is not a URL.");
  }
  if (parsed.port === '6543' && /\.supabase\.com?$/.test(parsed.hostname)) {
    const message =
      "Port 6543 is Supabase's transaction pooler, which can't LISTEN: use the session pooler (5432) for the queue.";
    throw new AppError('invalid-configuration', message);
  }
  const sessionOptions = parsed.searchParams.get('options') ?? '';
  parsed.searchParams.delete('options');
  return { connectionString: parsed.href, sessionOptions };
}
