import { isTerminalRunStatus } from '@orchestrator/contracts';
import type { ApiQueue, ApiStore, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { jobNotFound } from './find-job.ts';

export interface CancelRunDeps {
  readonly store: Pick<ApiStore, 'requestCancel'>;
  readonly queue: Pick<ApiQueue, 'wake' | 'publish'>;
  readonly log: Log;
}

const controlTopic = 'control';

/**
 * Asks for a run's cancellation: written to the store first, then told to a worker that may hold the run (message) and to
 * one that may pick it up (wake-up). Should both get lost, the workers' polls find the request.
 * @returns whether the run had finished before, so that nothing changes
 * @throws AppError `not-found`, `store-unavailable`
 */
export async function cancelRun(deps: CancelRunDeps, runId: string): Promise<{ readonly wasFinished: boolean }> {
  const [cancelled] = await deps.store.requestCancel({ tenantId, runIds: [runId] });
  if (cancelled === undefined) throw jobNotFound();
  if (isTerminalRunStatus(cancelled.status)) return { wasFinished: true };
  const sent = await Promise.allSettled([
    deps.queue.publish(controlTopic, { type: 'cancel-requested', runIds: [runId] }),
    cancelled.wake === undefined ? Promise.resolve() : deps.queue.wake([cancelled.wake]),
  ]);
  for (const result of sent) {
    if (result.status === 'rejected')
      deps.log.warn({ err: result.reason, runId }, 'cancellation not announced, workers will find it');
  }
  return { wasFinished: false };
}
