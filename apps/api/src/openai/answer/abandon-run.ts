import type { NewRun } from '@orchestrator/contracts';
import { type CancelRunDeps, cancelRun } from '../../runs/cancel-run.ts';

/**
 * OpenAI's clients abort a request to stop it, so nobody will ask for its answer any more: the run is cancelled. One with an
 * idempotency key goes on, as the key is there to come back with.
 */
export async function abandonRun(deps: CancelRunDeps, run: NewRun, runId: string): Promise<void> {
  if (run.idempotencyKey !== undefined) return;
  try {
    await cancelRun(deps, runId);
  } catch (error) {
    deps.log.warn({ err: error, runId }, 'a run that nobody waits for could not be cancelled');
  }
}

/** Abandons a run when its client goes away before the answer is sent, also when it has gone already. */
export function abandonWhenGone(deps: CancelRunDeps, run: NewRun, runId: string, gone: AbortSignal): void {
  if (gone.aborted) void abandonRun(deps, run, runId);
  else gone.addEventListener('abort', () => void abandonRun(deps, run, runId), { once: true });
}
