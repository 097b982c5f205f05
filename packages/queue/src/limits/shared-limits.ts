import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';
import type { ErrorReporter } from '../error-reporter.ts';
import type { QueueBackend, QueueLog } from '../queue.ts';

export interface LimiterOptions {
  /** Limiters with the same prefix count the same keys. */
  readonly keyPrefix: string;
  /** Points that a key has within `durationS`; an integer of at least 1. */
  readonly points: number;
  /** Seconds, at least 1; a fraction is rounded up. */
  readonly durationS: number;
}

/** Makes a limiter whose counts are shared by every process with the same backend and prefix. */
export type LimiterFactory = (options: LimiterOptions) => RateLimiterAbstract;

/** Limits that many processes keep together. While the server is away each process counts for itself, in memory. */
export interface SharedLimits {
  readonly factory: LimiterFactory;
  /** Ends the connections. Never rejects. */
  close(): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly backend: QueueBackend;
  /** Keeps installations that share a server apart. @defaultValue 'orchestrator' */
  readonly prefix?: string;
  readonly log: QueueLog;
  /** How long `createSharedLimits` keeps trying to reach the server, in milliseconds. @defaultValue 10_000 */
  readonly connectTimeoutMs?: number;
  /** How long a command may take before the process counts for itself, in milliseconds. @defaultValue 500 */
  readonly commandTimeoutMs?: number;
}

/** What the two backends need. */
export interface LimitsBackendOptions {
  readonly url: string;
  readonly prefix: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly report: ErrorReporter;
}

/**
 * The options both stores share. `insuranceLimiter` takes over for each command that the store fails to carry out.
 * The duration is in whole seconds: Redis keeps a key for ever when it rounds down to none.
 */
export function storeOptions(options: LimiterOptions, prefix: string) {
  const own = {
    keyPrefix: `${prefix}:limits:${options.keyPrefix}`,
    points: options.points,
    duration: Math.max(1, Math.ceil(options.durationS)),
  };
  return { ...own, insuranceLimiter: new RateLimiterMemory(own) };
}
