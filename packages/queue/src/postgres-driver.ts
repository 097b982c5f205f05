import { AppError, type WakeJob } from '@orchestrator/contracts';
import {
  createPostgresBackend,
  createPostgresRelayBackend,
  type PostgresConnectionOptions,
  Queue,
  Relay,
  runMigrations,
} from 'bullmq';
import type pg from 'pg';
import type { DriverOptions, OpenWorkersOptions, QueueDriver, WorkerSet } from './driver.ts';
import { asBullmqPool, createQueuePool } from './postgres-pool.ts';
import { createRelayLink, relayOptions } from './relay-link.ts';
import { defaultJobOptions, queueNames } from './wake-job.ts';
import { slowDownFailedFetches, WakeWorker, workerOptions } from './wake-worker.ts';
import { queueUnavailable, settlesWithin } from './within.ts';

/** Producers, relay and clock: two flights of wakes, the relay's LISTEN, its reads and heartbeats, a few publishes. */
const producerPoolSize = 8;
/** Beside one for each Worker's LISTEN: they take and finish jobs through these. */
const sharedConnections = 5;
/** While nothing arrives a Worker looks again after this many seconds; BullMQ's own hour would trust NOTIFY too much. */
const longestBlockS = 5;

/** @returns the driver, and how to read the database's clock */
export async function createPostgresDriver(
  options: DriverOptions,
): Promise<{ driver: QueueDriver; readDatabaseMs: () => Promise<number> }> {
  const onError = (error: unknown): void => options.report(error, 'The connection to the queue database failed.');
  const pool = createQueuePool({
    url: options.url,
    size: producerPoolSize,
    acquireTimeoutMs: options.commandTimeoutMs,
    queryTimeoutMs: 5_000,
    onError,
  });
  try {
    await migrate(pool, options.connectTimeoutMs);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const relay = createRelayLink({
    relay: new Relay<PostgresConnectionOptions>({
      connection: asBullmqPool(pool),
      backend: createPostgresRelayBackend,
      namespace: options.prefix,
      ...relayOptions,
    }),
    timeoutMs: options.commandTimeoutMs,
    report: options.report,
    onReceived: options.onRelayReceived,
  });
  const makeProducer = (name: string) => {
    const queueOptions = { connection: asBullmqPool(pool), defaultJobOptions, streams: { events: { maxLen: 1_000 } } };
    const queue = new Queue<
      WakeJob,
      void,
      string,
      WakeJob,
      void,
      string,
      ReturnType<typeof createPostgresBackend>,
      PostgresConnectionOptions
    >(`${options.prefix}.${name}`, queueOptions, createPostgresBackend);
    queue.on('error', onError);
    return queue;
  };
  const producers = { generate: makeProducer(queueNames.generate), workflow: makeProducer(queueNames.workflow) };
  await Promise.all(Object.values(producers).map((queue) => queue.waitUntilReady()));

  const driver: QueueDriver = {
    producers,
    relay,
    openWorkers: (workers) => openPostgresWorkers(workers, options),
    ping: () => pool.query('select 1'),
    async close() {
      await Promise.allSettled(Object.values(producers).map((queue) => queue.close()));
      await settlesWithin(pool.end(), options.commandTimeoutMs);
    },
  };
  return { driver, readDatabaseMs: () => readDatabaseMs(pool) };
}

async function readDatabaseMs(pool: pg.Pool): Promise<number> {
  const sql = 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms';
  const { rows } = await pool.query<{ now_ms: number }>(sql);
  const [row] = rows;
  if (row === undefined) throw new Error('The clock query returned no row.');
  return row.now_ms;
}

/**
 * BullMQ's migrations: one transaction under an advisory lock, so any number of processes may start at once.
 * A database that is still starting is tried again until the time is up; one that refuses us is not.
 */
async function migrate(pool: pg.Pool, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      const client = await pool.connect();
      try {
        await runMigrations(client);
      } finally {
        client.release();
      }
      return;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== null) throw new AppError('invalid-configuration', refusal, { cause: error });
      if (Date.now() > deadlineMs) throw queueUnavailable("its Postgres can't be reached", error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** A sentence for errors that waiting won't cure, by SQLSTATE. */
function refusalOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === '28P01' || code === '28000') return "The queue's Postgres refuses the credentials.";
  if (code === '3D000') return "The queue's Postgres has no such database.";
  if (code === '42501') return "The queue's Postgres user may not create the schema `bullmq`: grant CREATE on the database.";
  if (error instanceof Error && /^(UnsupportedPostgresVersion|SchemaVersionMismatch)Error$/.test(error.name))
    return error.message;
  return null;
}

/** A pool of their own: a burst of jobs must not keep a producer or the relay waiting for a connection. */
async function openPostgresWorkers(options: OpenWorkersOptions, { url, prefix }: DriverOptions): Promise<WorkerSet> {
  const pool = createQueuePool({
    url,
    size: options.concurrencies.length + sharedConnections,
    acquireTimeoutMs: 10_000,
    queryTimeoutMs: 15_000,
    onError: options.onError,
  });
  const workers = options.concurrencies.map((concurrency) => {
    const worker = new WakeWorker<ReturnType<typeof createPostgresBackend>, PostgresConnectionOptions>(
      `${prefix}.${queueNames[options.kind]}`,
      options.process,
      { ...workerOptions, connection: asBullmqPool(pool), concurrency },
      (name, workerOptions, factoryOptions) => {
        const backend = slowDownFailedFetches(createPostgresBackend(name, workerOptions, factoryOptions));
        return Object.defineProperty(backend, 'maximumBlockTimeout', { value: longestBlockS });
      },
    );
    worker.on('error', options.onError);
    return worker;
  });
  const release = async (): Promise<void> => {
    await settlesWithin(pool.end(), 1_000);
  };
  try {
    // A backend that failed to become ready stays so for good: close them, the caller makes new ones.
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  } catch (error) {
    await Promise.allSettled(workers.map((worker) => worker.close()));
    await release();
    throw error;
  }
  return { workers, release };
}
