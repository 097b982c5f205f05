import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type ApprovalRecord, type DecideApprovalResult } from '@orchestrator/contracts';
import type { Rpc } from './create-rpc.ts';
import { isUuid } from './json-payload.ts';
import type { Store } from './store-types.ts';

/** A worker that looks at a run too early lets go of it within a round trip or two. */
const firstPauseMs = 20;
const maxPauseMs = 320;

/** The store's part that people's decisions go through. Rare, therefore not batched. */
export function createApprovals(rpc: Rpc): Pick<Store, 'listApprovals' | 'getApproval' | 'decideApproval'> {
  return {
    async listApprovals({ tenantId, status, runId, limit, cursor }) {
      if ((runId !== undefined && !isUuid(runId)) || (cursor !== undefined && !isUuid(cursor))) return { approvals: [] };
      const payload: Record<string, string | number> = { tenantId, limit };
      if (status !== undefined) payload.status = status;
      if (runId !== undefined) payload.runId = runId;
      if (cursor !== undefined) payload.before = cursor;
      const page = (await rpc.call('list_approvals', payload)) as { approvals: readonly ApprovalRecord[]; hasMore: boolean };
      const last = page.approvals.at(-1);
      return { approvals: page.approvals, ...(page.hasMore && last !== undefined && { nextCursor: last.id }) };
    },
    async getApproval(tenantId, approvalId) {
      if (!isUuid(approvalId)) return null;
      return (await rpc.call('get_approval', { tenantId, approvalId })) as ApprovalRecord | null;
    },
    async decideApproval({ tenantId, approvalId, decision, decidedBy, note, token = randomUUID() }) {
      if (!isUuid(approvalId)) return { status: 'not-found' };
      const payload: Record<string, string> = { tenantId, approvalId, decision, token };
      if (decidedBy !== undefined) payload.decidedBy = decidedBy;
      if (note !== undefined) payload.note = note;
      for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
        const answer = (await rpc.call('decide_approval', payload)) as DecideApprovalResult | { readonly status: 'held' };
        if (answer.status !== 'held') return answer;
        if (pauseMs > maxPauseMs) throw new AppError('store-unavailable', 'A worker holds the run.', { retryable: true });
        await delay(pauseMs);
      }
    },
  };
}
