import type { Retry } from '@orchestrator/contracts';
import type { ResolvedRetry } from './plan.ts';

/**
 * Fills in a step's retry policy: its own fields, then those of the workflow's defaults, then the language's.
 * Without any `retry` there is one attempt.
 */
export function resolveRetry(own: Retry | undefined, defaults: Retry | undefined): ResolvedRetry {
  const given: Retry = { ...defaults, ...own };
  const backoff = given.backoff ?? 'fixed';
  return {
    maxAttempts: given.maxAttempts ?? (own === undefined && defaults === undefined ? 1 : 3),
    delayMs: given.delayMs ?? 1_000,
    backoff,
    factor: given.factor ?? 2,
    maxDelayMs: given.maxDelayMs ?? 30_000,
    jitter: given.jitter ?? (backoff === 'exponential' ? 'full' : 'none'),
    respectRetryAfter: given.respectRetryAfter ?? true,
    retryOn: given.retryOn ?? null,
  };
}
