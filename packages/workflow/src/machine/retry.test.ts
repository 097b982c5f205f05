import { describe, expect, it } from 'vitest';
import { stepError } from '../step-failure.ts';
import { retryDelayMs } from './retry.ts';

const fixed = {
  maxAttempts: 4,
  delayMs: 1_000,
  backoff: 'fixed',
  factor: 2,
  maxDelayMs: 30_000,
  jitter: 'none',
  respectRetryAfter: true,
  retryOn: null,
} as const;
const unavailable = stepError('Provider.Unavailable', 'down');

describe('retryDelayMs', () => {
  it('waits the same time with a fixed backoff, until the attempts are used up', () => {
    expect([1, 2, 3, 4].map((failed) => retryDelayMs(fixed, unavailable, failed, 0.5))).toEqual([1_000, 1_000, 1_000, null]);
  });

  it('grows by the factor with an exponential backoff, up to maxDelayMs', () => {
    const retry = { ...fixed, maxAttempts: 10, backoff: 'exponential', maxDelayMs: 5_000 } as const;
    expect([1, 2, 3, 4, 5].map((failed) => retryDelayMs(retry, unavailable, failed, 0.5))).toEqual([
      1_000, 2_000, 4_000, 5_000, 5_000,
    ]);
  });

  it('draws from the whole interval with full jitter', () => {
    const retry = { ...fixed, jitter: 'full' } as const;
    expect([0, 0.5, 0.999].map((random) => retryDelayMs(retry, unavailable, 1, random))).toEqual([0, 500, 999]);
  });

  it('waits at least the Retry-After of the vendor unless told not to', () => {
    const limited = stepError('Provider.RateLimited', 'slow down', { retryAfterMs: 7_000 });
    expect(retryDelayMs(fixed, limited, 1, 0)).toBe(7_000);
    expect(retryDelayMs({ ...fixed, respectRetryAfter: false }, limited, 1, 0)).toBe(1_000);
  });

  it('retries what a retry can mend, or what retryOn names, and never the end of the run', () => {
    const invalid = stepError('Provider.InvalidRequest', 'bad');
    expect(retryDelayMs(fixed, invalid, 1, 0)).toBeNull();
    expect(retryDelayMs({ ...fixed, retryOn: ['Provider.*'] }, invalid, 1, 0)).toBe(1_000);
    expect(retryDelayMs({ ...fixed, retryOn: ['Step.Timeout'] }, unavailable, 1, 0)).toBeNull();
    expect(retryDelayMs({ ...fixed, retryOn: ['*'] }, stepError('Run.Timeout', 'over'), 1, 0)).toBeNull();
  });
});
