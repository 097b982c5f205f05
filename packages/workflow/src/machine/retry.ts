import { isRetryableByDefault, matchesErrorName, type StepError } from '@orchestrator/contracts';
import type { ResolvedRetry } from '../definition/plan.ts';

/** Whether the policy covers this error, tries left aside. */
export function matchesRetry(retry: ResolvedRetry, error: StepError): boolean {
  if (error.name.startsWith('Run.')) return false;
  if (retry.retryOn === null) return error.retryable && isRetryableByDefault(error.name);
  return retry.retryOn.some((pattern) => matchesErrorName(pattern, error.name));
}

/**
 * The wait before the next try, or null when the error is final.
 * @param failedTries - tries that failed so far, this one included
 * @param random - uniform in [0, 1), used only with full jitter
 * @returns milliseconds
 */
export function retryDelayMs(retry: ResolvedRetry, error: StepError, failedTries: number, random: number): number | null {
  if (failedTries >= retry.maxAttempts || !matchesRetry(retry, error)) return null;
  const growth = retry.backoff === 'exponential' ? retry.factor ** (failedTries - 1) : 1;
  const ceilingMs = Math.min(retry.delayMs * growth, Math.max(retry.maxDelayMs, retry.backoff === 'fixed' ? retry.delayMs : 0));
  const delayMs = retry.jitter === 'full' ? Math.floor(ceilingMs * random) : Math.floor(ceilingMs);
  return retry.respectRetryAfter ? Math.max(delayMs, error.retryAfterMs ?? 0) : delayMs;
}
