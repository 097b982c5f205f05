import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';

/** Limits that we put on our own calls of one provider; each of 1 or more. */
export interface ProviderLimits {
  readonly requestsPerMinute?: number | undefined;
  /** Counted by the worst case of each call; what it didn't use is given back when it ends. */
  readonly tokensPerMinute?: number | undefined;
  readonly maxConcurrent?: number | undefined;
}

export interface LimiterOptions {
  /** Distinguishes the counters of different limiters in one store. */
  readonly keyPrefix: string;
  readonly points: number;
  readonly durationS: number;
}

/** Makes a counter; all workers whose factories share a store count together. Connects at the first use. */
export type LimiterFactory = (options: LimiterOptions) => RateLimiterAbstract;

/** Counts in this process only. */
export const memoryLimiters: LimiterFactory = ({ keyPrefix, points, durationS }) =>
  new RateLimiterMemory({ keyPrefix, points, duration: durationS });
