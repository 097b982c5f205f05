import type { ClaimedRun } from '@orchestrator/contracts';

/** Milliseconds from accepting a run to its first claim; null at later claims. */
export function queueWaitMs({ acceptedAtMs, startedAtMs, nowMs, isTakeover }: ClaimedRun): number | null {
  return startedAtMs === nowMs && !isTakeover ? Math.max(0, nowMs - acceptedAtMs) : null;
}
