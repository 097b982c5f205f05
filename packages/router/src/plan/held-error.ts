import type { StepError } from '@orchestrator/contracts';
import { type Hold, isTemporary } from '../guard/hold.ts';

/**
 * The error of a request whose candidates are all held back: nothing was sent. It may come again when the first of them is free;
 * when each refuses our key, waiting mends nothing.
 * @param holds - one or more
 */
export function heldError(holds: readonly Hold[], nowMs: number): StepError {
  const temporary = holds.filter(isTemporary);
  const relevant = temporary.length > 0 ? temporary : holds;
  const soonest = relevant.reduce((best, hold) => (hold.untilMs < best.untilMs ? hold : best));
  const message = [...new Set(holds.map(({ reason }) => reason))].join(' ');
  if (temporary.length === 0) return { name: soonest.error, message, retryable: false, isLocal: true };
  return { name: soonest.error, message, retryable: true, retryAfterMs: Math.max(1, soonest.untilMs - nowMs), isLocal: true };
}
