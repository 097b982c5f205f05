import { AppError, type WakeJob } from '@orchestrator/contracts';
import { type ConnectionOptions, createRedisBackend, Queue, type RedisQueueBackend, Relay } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { DriverOptions, OpenWorkersOptions, QueueDriver, WorkerSet } from './driver.ts';
import { assertRedisIsSafe } from './redis-safety.ts';
import { createRelayLink, relayOptions } from './relay-link.ts';
import { defaultJobOptions, queueNames } from './wake-job.ts';
import { slowDownFailedFetches, WakeWorker, workerOptions } from './wake-worker.ts';
import { queueUnavailable } from './within.ts';

/** A socket that sends nothing for this long while commands wait is dead; longer than any blocking read (10 s). */
const socketTimeoutMs = 15_000;

export const redisConnectionOptions = {
  keepAlive: 10_000,
  socketTimeout: socketTimeoutMs,
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 10), 1_000),
} satisfies RedisOptions;

export async function createRedisDriver(options: DriverOptions): Promise<QueueDriver> {
  const { prefix, report } = options;
  // A command is refused at once while there is no connection, instead of waiting for one.
  const client = new Redis(options.url, {
    ...redisConnectionOptions,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  try {
    await connectRedis(client, options.connectTimeoutMs);
    await assertRedisIsSafe(client);
  } catch (error) {
    client.disconnect();
    throw error;
  }
  client.on('error', (error) => report(error, 'The connection to Redis failed.'));
  const connections = trackDuplicates(client);

  const relay = createRelayLink({
    relay: new Relay({ connection: client, prefix, namespace: prefix, ...relayOptions }),
    timeoutMs: options.commandTimeoutMs,
    report,
    onReceived: options.onRelayReceived,
  });
  const queueOptions = {
    connection: client,
    prefix,
    defaultJobOptions,
    skipWaitingForReady: true,
    streams: { events: { maxLen: 1_000 } },
  };
  const producers = {
    generate: new Queue<WakeJob>(queueNames.generate, queueOptions),
    workflow: new Queue<WakeJob>(queueNames.workflow, queueOptions),
  };
  for (const queue of Object.values(producers)) {
    queue.on('error', (error) => report(error, 'The connection to Redis failed.'));
    await queue.waitUntilReady();
  }

  return {
    producers,
    relay,
    openWorkers: (workers) => openRedisWorkers(workers, options),
    ping: () => client.ping(),
    async close() {
      // The queues and the relay share this connection and leave it open.
      await Promise.allSettled(Object.values(producers).map((queue) => queue.close()));
      for (const connection of connections) connection.disconnect();
    },
  };
}

/** Waits for the first working connection. Wrong credentials are reported at once: waiting won't cure them. */
export async function connectRedis(client: Redis, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let lastError: unknown;
    const timer = setTimeout(() => reject(queueUnavailable('Redis can not be reached', lastError)), timeoutMs);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    client.on('error', (error: Error) => {
      lastError = error;
      if (!/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(error.message)) return;
      clearTimeout(timer);
      reject(new AppError('invalid-configuration', 'Redis refuses the credentials in REDIS_URL.', { cause: error }));
    });
    // The first attempt's failure arrives as an 'error' event too; later attempts follow the retry strategy.
    client.connect().catch(() => undefined);
  });
  client.removeAllListeners('error');
}

/**
 * BullMQ makes blocking connections from the one it is given. It can't close them while they reconnect; we can. And it
 * stops listening to their errors before the last one comes, which ioredis would then print.
 */
function trackDuplicates(client: Redis): Redis[] {
  const connections = [client];
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (override) => {
    const connection = duplicate(override);
    connection.on('error', () => undefined);
    connections.push(connection);
    return connection;
  };
  return connections;
}

async function openRedisWorkers(options: OpenWorkersOptions, { url, prefix }: DriverOptions): Promise<WorkerSet> {
  const client = new Redis(url, { ...redisConnectionOptions, maxRetriesPerRequest: null });
  client.on('error', options.onError);
  const connections = trackDuplicates(client);
  const workers = options.concurrencies.map((concurrency) => {
    const worker = new WakeWorker<RedisQueueBackend, ConnectionOptions>(
      queueNames[options.kind],
      options.process,
      { ...workerOptions, connection: client, prefix, concurrency },
      (name, workerOptions, factoryOptions) => slowDownFailedFetches(createRedisBackend(name, workerOptions, factoryOptions)),
    );
    worker.on('error', options.onError);
    return worker;
  });
  const release = async (): Promise<void> => {
    for (const connection of connections) connection.disconnect();
  };
  // A connection that never comes is waited for without end. Once open, the consumer decides when to release.
  const giveUp = (): void => void release();
  options.signal.addEventListener('abort', giveUp, { once: true });
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  options.signal.removeEventListener('abort', giveUp);
  return { workers, release };
}
