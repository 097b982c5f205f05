import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { connectRedis, redisConnectionOptions } from '../redis-driver.ts';
import { type LimitsBackendOptions, type SharedLimits, storeOptions } from './shared-limits.ts';

export async function createRedisLimits(options: LimitsBackendOptions): Promise<SharedLimits> {
  const client = new Redis(options.url, {
    ...redisConnectionOptions,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeoutMs,
  });
  try {
    await connectRedis(client, options.connectTimeoutMs);
  } catch (error) {
    client.disconnect();
    throw error;
  }
  const onLoss = (error: unknown): void =>
    options.report(error, 'Limits are counted by this process alone: the connection to Redis failed.');
  let isClosed = false;
  client.on('error', onLoss);
  // An orderly end of the server is no error to the client.
  client.on('close', () => {
    if (!isClosed) onLoss(new Error('The connection was closed.'));
  });
  return {
    factory: (limiter) =>
      new RateLimiterRedis({
        ...storeOptions(limiter, options.prefix),
        storeClient: client,
        rejectIfRedisNotReady: true,
      }),
    async close() {
      isClosed = true;
      client.disconnect();
    },
  };
}
