import { createErrorReporter } from '../error-reporter.ts';
import { createPostgresLimits } from './postgres-limits.ts';
import { createRedisLimits } from './redis-limits.ts';
import type { SharedLimits, SharedLimitsOptions } from './shared-limits.ts';

/**
 * Connects to the queue's server with connections of its own, so that limits never wait behind jobs.
 * @throws AppError `queue-unavailable` when the server does not answer within `connectTimeoutMs`; `invalid-configuration`
 * when it refuses us
 */
export function createSharedLimits(options: SharedLimitsOptions): Promise<SharedLimits> {
  const backendOptions = {
    url: options.backend.url,
    prefix: options.prefix ?? 'orchestrator',
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    commandTimeoutMs: options.commandTimeoutMs ?? 500,
    report: createErrorReporter(options.log),
  };
  return options.backend.type === 'redis' ? createRedisLimits(backendOptions) : createPostgresLimits(backendOptions);
}
