import {
  type ApprovalRecord,
  type ApprovalView,
  type PendingApproval,
  type PendingApprovalView,
  type RunSnapshot,
  usdFromNanoUsd,
} from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';

function approvalPath(id: string): string {
  return `/api/approvals/${id}`;
}

function decisionLinks(id: string) {
  return { approve: `${approvalPath(id)}/approve`, reject: `${approvalPath(id)}/reject` };
}

function questionOf(approval: Pick<PendingApproval, 'id' | 'estimatedCostNanoUsd' | 'thresholdUSD' | 'expiresAtMs'>) {
  const { id, estimatedCostNanoUsd, thresholdUSD, expiresAtMs } = approval;
  return {
    id,
    estimatedCostUSD: estimatedCostNanoUsd === null ? null : usdFromNanoUsd(estimatedCostNanoUsd),
    thresholdUSD,
    expiresAt: new Date(expiresAtMs).toISOString(),
  };
}

/** What a step waits for, as the step and its run show it. */
export function toPendingApprovalView(approval: PendingApproval): PendingApprovalView {
  return { ...questionOf(approval), links: { self: approvalPath(approval.id), ...decisionLinks(approval.id) } };
}

/** What a run in `waiting_approval` waits for first. */
export function pendingApprovalOf(run: RunSnapshot): PendingApprovalView | undefined {
  if (run.status !== 'waiting_approval') return undefined;
  const approval = run.steps.find((step) => step.status === 'waiting_approval')?.approval;
  return approval && toPendingApprovalView(approval);
}

/** An approval as `/api/approvals` shows it. */
export function toApprovalView(approval: ApprovalRecord): ApprovalView {
  return omitUndefined({
    ...questionOf(approval),
    jobId: approval.runId,
    stepId: approval.path,
    kind: approval.kind,
    status: approval.status,
    provider: approval.provider,
    model: approval.model,
    message: approval.message,
    createdAt: new Date(approval.createdAtMs).toISOString(),
    decidedAt: approval.decidedAtMs === undefined ? undefined : new Date(approval.decidedAtMs).toISOString(),
    decidedBy: approval.decidedBy,
    note: approval.note,
    links: {
      self: approvalPath(approval.id),
      job: `/api/jobs/${approval.runId}`,
      ...(approval.status === 'pending' ? decisionLinks(approval.id) : {}),
    },
  });
}
