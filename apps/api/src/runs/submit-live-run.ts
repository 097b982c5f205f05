import type { NewRun } from '@orchestrator/contracts';
import { keyReused } from '../http/idempotency-key.ts';
import { type FollowDeps, type FollowedRun, followRun } from '../live/follow-run.ts';
import { type SubmitRunDeps, wakeQuietly } from './submit-run.ts';

export interface SubmittedLiveRun {
  readonly runId: string;
  /** The run had been accepted before, with the same idempotency key. */
  readonly isReplay: boolean;
  readonly run: FollowedRun;
}

/**
 * Accepts a run whose model calls are streamed, wakes a worker and follows the run from its beginning.
 * @throws AppError `idempotency-key-reused`, and what the store throws before the run is accepted
 */
export async function submitLiveRun(
  deps: Omit<SubmitRunDeps, 'waiter' | 'replyHolds'> & FollowDeps,
  run: NewRun,
): Promise<SubmittedLiveRun> {
  const forget = deps.live.expect({ ...run, runId: run.id });
  try {
    const accepted = await deps.store.acceptRun({ ...run, live: true, replyTo: deps.replyTo });
    if (accepted.status === 'key-reused') throw keyReused();
    const { runId } = accepted;
    const isReplay = accepted.status === 'duplicate';
    if (isReplay) forget();
    else wakeQuietly(deps, { runId, kind: run.kind, epoch: accepted.epoch, wakeNo: accepted.wakeNo, priority: run.priority });
    return { runId, isReplay, run: await followRun(deps, runId) };
  } catch (error) {
    forget();
    throw error;
  }
}
