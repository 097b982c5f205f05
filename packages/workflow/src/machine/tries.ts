import type { AttemptRecord, PreviousCall, StepError, StepRecord } from '@orchestrator/contracts';
import type { PlannedStep } from '../definition/plan.ts';
import { matchesRetry } from './retry.ts';

// A step's attempts fall into tries. A try is one call and what the router makes of its failure: calls of other providers or
// of the same one again. A failed attempt from which the router went on is marked `hasFallback`; one without the mark ended
// its try. So all that follows is a function of what is stored, and a worker that takes over goes on in the same try.

/** More calls than this in one try are a defect of the router. */
export const maxCallsPerTry = 64;

/** The failed calls of the try that is not over yet, oldest first. What a lost worker left behind is no failure. */
export function callsOfTry(record: StepRecord): readonly AttemptRecord[] {
  const calls: AttemptRecord[] = [];
  for (const attempt of record.attempts.toReversed()) {
    if (attempt.outcome === 'abandoned') continue;
    if (attempt.outcome !== 'failed' || attempt.hasFallback !== true) break;
    calls.unshift(attempt);
  }
  return calls;
}

/** The same, as the router wants to hear it. */
export function previousCalls(record: StepRecord): readonly PreviousCall[] {
  return callsOfTry(record).flatMap(({ provider, model, error }) =>
    provider === undefined || model === undefined || error === undefined ? [] : [{ provider, model, error }],
  );
}

/** Held back on our side, and waiting mends it. */
export function isHeldBack(error: StepError | undefined): boolean {
  return error?.isLocal === true && error.retryable;
}

/** Tries that came to nothing: what `retry.maxAttempts` counts. Neither a lost worker nor a call that was only held back is one. */
export function failedTries(record: StepRecord): number {
  return record.attempts.filter(
    (attempt) => attempt.outcome === 'failed' && attempt.hasFallback !== true && !isHeldBack(attempt.error),
  ).length;
}

/** Tries that ended because our own limits held every call back. */
export function heldBackTries(record: StepRecord): number {
  return record.attempts.filter((attempt) => isHeldBack(attempt.error) && attempt.hasFallback !== true).length;
}

/** The error that a try ends with when the router has no more to offer: the vendor's last one, if a vendor was asked at all. */
export function errorOfTry(calls: readonly AttemptRecord[]): StepError | undefined {
  return (calls.findLast((call) => call.error?.isLocal !== true) ?? calls.at(-1))?.error;
}

/** Says of the last failed attempt whether the router goes on from it. */
export function markLastFailure(record: StepRecord, hasFallback: boolean): StepRecord {
  const index = record.attempts.findLastIndex((attempt) => attempt.outcome === 'failed');
  const attempt = record.attempts[index];
  if (attempt === undefined) return record;
  const { hasFallback: _, ...plain } = attempt;
  return { ...record, attempts: record.attempts.with(index, hasFallback ? { ...plain, hasFallback } : plain) };
}

/**
 * Whether this try is one of those that `retry` gives to the named provider alone: the step's `fallbacks` come after the
 * retries, so only the last try has them, or one whose error no retry can mend.
 */
export function withholdsFallbacks(planned: PlannedStep, record: StepRecord): boolean {
  if (planned.action !== 'generate' || planned.provider === undefined) return false;
  if (planned.definition.fallbacks === undefined || failedTries(record) + 1 >= planned.retry.maxAttempts) return false;
  return callsOfTry(record).every((call) => call.error === undefined || matchesRetry(planned.retry, call.error));
}
