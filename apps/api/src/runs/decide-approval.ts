import { AppError, type ApprovalDecision, type ApprovalRecord } from '@orchestrator/contracts';
import type { ApiQueue, ApiStore, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { isUuid } from './find-job.ts';

export interface DecideApprovalDeps {
  readonly store: Pick<ApiStore, 'decideApproval'>;
  readonly queue: Pick<ApiQueue, 'wake'>;
  readonly log: Log;
}

export function approvalNotFound(): AppError {
  return new AppError('not-found', 'There is no such approval.');
}

/** The approval id that a path names. What is no UUID never reaches the database. @throws AppError `not-found` */
export function parseApprovalId(text: string): string {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw approvalNotFound();
  return id;
}

/**
 * Decides once and wakes the run. A wake-up that fails costs time only: the decision is stored, and the reconciler finds the run.
 * @throws AppError `not-found`; `conflict` when it was decided, expired or cancelled before
 */
export async function decideApproval(
  deps: DecideApprovalDeps,
  decision: Omit<ApprovalDecision, 'tenantId'>,
): Promise<ApprovalRecord> {
  const result = await deps.store.decideApproval({ tenantId, ...decision });
  if (result.status === 'not-found') throw approvalNotFound();
  const { approval } = result;
  if (result.status === 'conflict') {
    throw new AppError('conflict', `The approval is ${approval.status} already.`, { details: { approval } });
  }
  try {
    await deps.queue.wake([result.wake]);
  } catch (error) {
    deps.log.warn({ err: error, runId: approval.runId }, 'wake-up not sent, the reconciler will find the run');
  }
  return approval;
}
