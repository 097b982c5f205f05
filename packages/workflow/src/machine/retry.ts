import { matchesErrorName, type StepError } from '@orchestrator/contracts';
import type { ResolvedRetry } from '../definition/plan.ts';

/**
 * The wait before the next attempt, or null when the error is final.
 * @param failedAttempts - failed tries so far, this one included; abandoned ones don't count
 * @param random - uniform in [0, 1), used only with full jitter
 * @returns milliseconds
 */
export function retryDelayMs(retry: ResolvedRetry, error: StepError, failedAttempts: number, random: number): number | null {
  if (failedAttempts >= retry.maxAttempts) return null;
  if (error.name.startsWith('Run.')) return null;
  const isCovered =
    retry.retryOn === null ? error.retryable : retry.retryOn.some((pattern) => matchesErrorName(pattern, error.name));
  if (!isCovered) return null;
  const growth = retry.backoff === 'exponential' ? retry.factor ** (failedAttempts - 1) : 1;
  const ceilingMs = Math.min(retry.delayMs * growth, Math.max(retry.maxDelayMs, retry.backoff === 'fixed' ? retry.delayMs : 0));
  const delayMs = retry.jitter === 'full' ? Math.floor(ceilingMs * random) : Math.floor(ceilingMs);
  return retry.respectRetryAfter ? Math.max(delayMs, error.retryAfterMs ?? 0) : delayMs;
}
