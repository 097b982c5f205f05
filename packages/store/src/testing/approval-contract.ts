import { randomUUID } from 'node:crypto';
import type { ClaimedRun, NewApproval, NewRun } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { finish, newApproval, newRun, nextCommit, park, stepRecord, tenantId } from './run-fixtures.ts';
import type { RunStoreFixture } from './run-store-contract.ts';

const minuteMs = 60_000;

/** The promises about approvals: asked with a commit, decided once, and the run goes on from there. */
export function defineApprovalContract(fixtureOf: () => RunStoreFixture): void {
  describe('approvals', () => {
    const store = () => fixtureOf().store;
    const claim = (runId: string) => store().claimRun({ runId, workerId: 'worker-1', token: randomUUID() });

    async function mustClaim(runId: string): Promise<ClaimedRun> {
      const claimed = await claim(runId);
      if (claimed === null) throw new Error('the run could not be claimed');
      return claimed;
    }

    /** A run that waits for a decision. */
    async function asking(
      changes: Partial<NewApproval> = {},
      run: Partial<NewRun> = {},
    ): Promise<{ claimed: ClaimedRun; approval: NewApproval }> {
      const accepted = newRun(run);
      await store().acceptRun(accepted);
      const claimed = await mustClaim(accepted.id);
      const approval = newApproval(changes);
      const steps = [stepRecord({ status: 'waiting_approval', attempts: [] })];
      const events = [{ seq: 2, type: 'approval-requested', data: {}, atMs: 1_800_000_000_000 }] as const;
      const transition = park('waiting_approval', approval.expiresInMs);
      const commit = nextCommit(claimed, { steps, events, approvals: [approval], transition });
      expect(await store().commitRun(commit)).toEqual({ status: 'committed', wakeNo: 2 });
      expect(await store().commitRun(commit)).toEqual({ status: 'committed', wakeNo: 2 });
      return { claimed, approval };
    }

    const decide = (approvalId: string, decision: 'approve' | 'reject' = 'approve', more: object = {}) =>
      store().decideApproval({ tenantId, approvalId, decision, ...more });

    it('are stored with the commit that asks, once, and seen by tenant', async () => {
      const { claimed, approval } = await asking({ estimatedCostNanoUsd: 9_007_199_254_740_991 });
      const { expiresInMs, ...asked } = approval;
      const stored = await store().getApproval(tenantId, approval.id);
      expect(stored).toMatchObject({ ...asked, runId: claimed.runId, tenantId, status: 'pending' });
      expect((stored?.expiresAtMs ?? 0) - (stored?.createdAtMs ?? 0)).toBe(expiresInMs);
      expect(stored).not.toHaveProperty('decidedAtMs');
      expect((await store().listApprovals({ tenantId, runId: claimed.runId, limit: 10 })).approvals).toEqual([stored]);
      expect(await store().getApproval('other', approval.id)).toBeNull();
      expect(await store().getApproval(tenantId, randomUUID())).toBeNull();
      expect(await store().getApproval(tenantId, 'no-uuid')).toBeNull();
      expect((await store().listApprovals({ tenantId: 'other', runId: claimed.runId, limit: 10 })).approvals).toEqual([]);
      expect(await store().decideApproval({ tenantId: 'other', approvalId: approval.id, decision: 'approve' })).toEqual({
        status: 'not-found',
      });
      expect(await decide(randomUUID())).toEqual({ status: 'not-found' });
      expect(await decide('no-uuid')).toEqual({ status: 'not-found' });
    });

    it('keep an unknown price unknown', async () => {
      const { claimed, approval } = await asking({ estimatedCostNanoUsd: null });
      expect(await store().getApproval(tenantId, approval.id)).toMatchObject({ estimatedCostNanoUsd: null });
      await decide(approval.id);
      expect((await mustClaim(claimed.runId)).approvals).toMatchObject([{ id: approval.id, estimatedCostNanoUsd: null }]);
    });

    it('leave the run alone until somebody decides', async () => {
      const { claimed, approval } = await asking({}, { priority: 'high', kind: 'generate' });
      expect(await claim(claimed.runId)).toBeNull();
      const decided = await decide(approval.id, 'approve', { decidedBy: 'ada', note: 'fine' });
      expect(decided).toMatchObject({
        status: 'decided',
        approval: { id: approval.id, status: 'approved', decidedBy: 'ada', note: 'fine', path: 'ask' },
        wake: { runId: claimed.runId, kind: 'generate', epoch: 1, wakeNo: 3, priority: 'high' },
      });
      const next = await mustClaim(claimed.runId);
      expect(next).toMatchObject({ epoch: 2, isTakeover: false, lostCount: 0 });
      const { message: _, expiresInMs: __, ...asked } = approval;
      expect(next.approvals).toEqual([{ ...asked, status: 'approved', expiresAtMs: expect.any(Number) }]);
    });

    it('number the event of the decision, so that the next holder goes on after it', async () => {
      const { claimed, approval } = await asking();
      await decide(approval.id, 'reject');
      const next = await mustClaim(claimed.runId);
      expect(next).toMatchObject({ seq: 3, approvals: [{ status: 'rejected' }] });
      const events = [{ seq: 4, type: 'run-resumed', data: {}, atMs: 1_800_000_000_000 }] as const;
      expect(await store().commitRun(nextCommit(next, { events }))).toEqual({ status: 'committed' });
    });

    it('wake the run at once, also when the wake-up is lost', async () => {
      const { claimed, approval } = await asking();
      await decide(approval.id);
      const { due } = await store().dueRuns({ workerId: 'worker-1', limit: 1_000 });
      expect(due.map((wake) => wake.runId)).toContain(claimed.runId);
    });

    it('are decided once, also by many at the same moment', async () => {
      const { approval } = await asking();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          decide(approval.id, index % 2 === 0 ? 'approve' : 'reject', { decidedBy: `p${index}` }),
        ),
      );
      const winners = answers.filter((answer) => answer.status === 'decided');
      expect(winners).toHaveLength(1);
      const [winner] = winners;
      const stored = await store().getApproval(tenantId, approval.id);
      expect(winner).toMatchObject({ approval: stored });
      expect(answers.filter((answer) => answer.status === 'conflict')).toEqual(
        Array(9).fill({ status: 'conflict', approval: stored }),
      );
    });

    it('expire by the clock of the store, undecided', async () => {
      const { claimed, approval } = await asking();
      await fixtureOf().expireApproval(approval.id);
      expect(await decide(approval.id)).toMatchObject({ status: 'conflict', approval: { status: 'expired' } });
      expect(await store().getApproval(tenantId, approval.id)).toMatchObject({ status: 'expired' });
      const { runId } = claimed;
      expect((await store().listApprovals({ tenantId, runId, status: 'pending', limit: 5 })).approvals).toEqual([]);
      expect((await store().listApprovals({ tenantId, runId, status: 'expired', limit: 5 })).approvals).toHaveLength(1);
      await fixtureOf().makeDue(runId);
      expect((await mustClaim(runId)).approvals).toMatchObject([{ status: 'expired' }]);
    });

    it('are still open for a worker that looks too early', async () => {
      const { claimed, approval } = await asking();
      await fixtureOf().makeDue(claimed.runId);
      const early = await mustClaim(claimed.runId);
      expect(early.approvals).toMatchObject([{ status: 'pending' }]);
      await expect(decide(approval.id)).rejects.toMatchObject({ code: 'store-unavailable', retryable: true });
      await store().commitRun(nextCommit(early, { transition: park('waiting_approval', minuteMs) }));
      expect(await decide(approval.id)).toMatchObject({ status: 'decided' });
    });

    it('are cancelled with their run, at once', async () => {
      const { claimed, approval } = await asking();
      await fixtureOf().requestCancel(claimed.runId);
      expect(await decide(approval.id)).toMatchObject({ status: 'conflict', approval: { status: 'cancelled' } });
      expect(await mustClaim(claimed.runId)).toMatchObject({ cancelRequested: true, approvals: [{ status: 'cancelled' }] });
    });

    it('are over when their run ends', async () => {
      const open = await asking();
      const late = await asking();
      await fixtureOf().expireApproval(late.approval.id);
      for (const { claimed } of [open, late]) {
        await fixtureOf().makeDue(claimed.runId);
        const transition = finish({ status: 'failed' });
        await store().commitRun(nextCommit(await mustClaim(claimed.runId), { transition }));
      }
      expect(await decide(open.approval.id)).toMatchObject({ status: 'conflict', approval: { status: 'cancelled' } });
      expect(await decide(late.approval.id)).toMatchObject({ status: 'conflict', approval: { status: 'expired' } });
    });

    it('are listed newest first, by status, page by page', async () => {
      const tenant = `tenant-${randomUUID()}`;
      const ids: string[] = [];
      for (let index = 0; index < 5; index += 1) ids.unshift((await asking({}, { tenantId: tenant })).approval.id);
      const [first = '', second = ''] = ids;
      await store().decideApproval({ tenantId: tenant, approvalId: first, decision: 'approve' });
      await store().decideApproval({ tenantId: tenant, approvalId: second, decision: 'reject' });
      const list = async (query: object) => {
        const { approvals, nextCursor } = await store().listApprovals({ tenantId: tenant, limit: 2, ...query });
        return { ids: approvals.map((approval) => approval.id), nextCursor };
      };
      expect(await list({})).toEqual({ ids: ids.slice(0, 2), nextCursor: second });
      expect(await list({ cursor: second })).toEqual({ ids: ids.slice(2, 4), nextCursor: ids[3] });
      expect(await list({ cursor: ids[3] })).toEqual({ ids: ids.slice(4), nextCursor: undefined });
      expect(await list({ status: 'pending' })).toEqual({ ids: ids.slice(2, 4), nextCursor: ids[3] });
      expect(await list({ status: 'approved' })).toEqual({ ids: [first], nextCursor: undefined });
      expect(await list({ status: 'rejected' })).toEqual({ ids: [second], nextCursor: undefined });
      expect(await list({ cursor: randomUUID() })).toEqual({ ids: [], nextCursor: undefined });
      expect(await list({ cursor: 'no-uuid' })).toEqual({ ids: [], nextCursor: undefined });
    });
  });
}
