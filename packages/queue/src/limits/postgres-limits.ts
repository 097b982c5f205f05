import type pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import { createQueuePool } from '../postgres-pool.ts';
import { queueUnavailable, settlesWithin } from '../within.ts';
import { type LimitsBackendOptions, type SharedLimits, storeOptions } from './shared-limits.ts';

/** All limiters of a pool must agree on schema and table: their prepared statements are named after the table alone. */
const schemaName = 'orchestrator_limits';
const tableName = 'limits';
const poolSize = 4;
const retryMs = 200;
const cleanEveryMs = 300_000;
/** Rows are kept this long after they expired, for processes whose clocks are behind, in milliseconds. */
const keepExpiredMs = 3_600_000;

/**
 * One implicit transaction under a lock, as `if not exists` alone fails when several processes create at once. Unlogged:
 * a minute's counts are not worth the log, and a crash only empties them.
 */
const createSql = `
  select pg_advisory_xact_lock(hashtext('${schemaName}.${tableName}'));
  create schema if not exists ${schemaName};
  create unlogged table if not exists ${schemaName}.${tableName} (
    key text primary key,
    points integer not null default 0,
    expire bigint
  ) with (fillfactor = 50);
`;

/** Tells of each failed command: the limiter itself falls back in silence. */
function reporting(pool: pg.Pool, report: LimitsBackendOptions['report']) {
  return {
    async query(query: pg.QueryConfig): Promise<pg.QueryResult> {
      try {
        return await pool.query(query);
      } catch (error) {
        report(error, "Limits are counted by this process alone: the queue's Postgres failed.");
        throw error;
      }
    },
  };
}

/** A server that is still starting is tried again until the time is up. */
async function createTable(pool: pg.Pool, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      await pool.query(createSql);
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw queueUnavailable('the table of its limits could not be created', error);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

export async function createPostgresLimits(options: LimitsBackendOptions): Promise<SharedLimits> {
  const { report } = options;
  const pool = createQueuePool({
    url: options.url,
    size: poolSize,
    acquireTimeoutMs: options.commandTimeoutMs,
    queryTimeoutMs: options.commandTimeoutMs,
    onError: (error) => report(error, 'The connection to the limits failed.'),
    // A count that a crash of the server forgets is no loss, so no call waits for the disk.
    settings: ['synchronous_commit=off'],
  });
  try {
    await createTable(pool, options.connectTimeoutMs);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const storeClient = reporting(pool, report);
  const clean = async (): Promise<void> => {
    await createTable(pool, 0);
    await pool.query(`delete from ${schemaName}.${tableName} where expire < $1`, [Date.now() - keepExpiredMs]);
  };
  const cleaning = setInterval(() => {
    clean().catch((error: unknown) => report(error, 'Expired limits could not be deleted.'));
  }, cleanEveryMs);
  cleaning.unref();

  return {
    factory: (limiter) =>
      new RateLimiterPostgres({
        ...storeOptions(limiter, options.prefix),
        storeClient,
        storeType: 'pool',
        schemaName,
        tableName,
        tableCreated: true,
        clearExpiredByTimeout: false,
      }),
    async close() {
      clearInterval(cleaning);
      await settlesWithin(pool.end(), options.commandTimeoutMs);
    },
  };
}
