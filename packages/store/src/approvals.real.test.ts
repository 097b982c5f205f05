import { randomUUID } from 'node:crypto';
import type { ClaimedRun, NewApproval, RoutingDecision } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApprovals } from './approvals.ts';
import { createRpc, type Rpc } from './create-rpc.ts';
import { newApproval, newRun, nextCommit, park, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

async function claimed(): Promise<ClaimedRun> {
  const run = newRun({ userId: 'u1' });
  await fixture.store.acceptRun(run);
  return (await fixture.store.claimRun({ runId: run.id, workerId: 'w', token: randomUUID() })) as ClaimedRun;
}

async function asking(changes: Partial<NewApproval> = {}): Promise<{ run: ClaimedRun; approval: NewApproval }> {
  const run = await claimed();
  const approval = newApproval(changes);
  const transition = park('waiting_approval', approval.expiresInMs);
  await fixture.store.commitRun(nextCommit(run, { approvals: [approval], transition }));
  return { run, approval };
}

const rows = (sql: string, runId: string) => fixture.admin.query(sql, [runId]);

describe('decide_approval', () => {
  it('leaves one event and one audit entry, with who and why', async () => {
    const { run, approval } = await asking();
    await fixture.store.decideApproval({ tenantId, approvalId: approval.id, decision: 'approve', decidedBy: 'ada', note: 'ok' });
    await fixture.store.decideApproval({ tenantId, approvalId: approval.id, decision: 'reject', decidedBy: 'bob' });
    expect(
      await rows(`select seq, type, epoch, data from ai_run_events where run_id = $1 and type like 'approval-%'`, run.runId),
    ).toEqual([
      { seq: 2, type: 'approval-approved', epoch: 1, data: { path: 'ask', approvalId: approval.id, decidedBy: 'ada' } },
    ]);
    expect(
      await rows(
        `select event_type, tenant_id, user_id, path, provider, model, detail from ai_audit_log
         where run_id = $1 and event_type like 'approval-%'`,
        run.runId,
      ),
    ).toEqual([
      {
        event_type: 'approval-approved',
        tenant_id: tenantId,
        user_id: 'u1',
        path: 'ask',
        provider: 'one',
        model: 'm',
        detail: { approvalId: approval.id, decidedBy: 'ada', note: 'ok', estimatedCostNanoUsd: approval.estimatedCostNanoUsd },
      },
    ]);
    expect(await rows('select status, wake_no, event_seq from ai_workflow_runs where id = $1', run.runId)).toEqual([
      { status: 'queued', wake_no: 3, event_seq: 2 },
    ]);
  });

  it('answers the repeat of a call whose answer was lost as it answered the call', async () => {
    const { run, approval } = await asking();
    const direct = createRpc({ type: 'postgres', url: fixture.database.url, poolSize: 1 });
    const answers: unknown[] = [];
    const repeating: Rpc = {
      ...direct,
      async call(name, payload) {
        answers.push(await direct.call(name, payload));
        return direct.call(name, payload);
      },
    };
    const answer = await createApprovals(repeating).decideApproval({ tenantId, approvalId: approval.id, decision: 'approve' });
    await direct.close();
    expect(answer).toMatchObject({ status: 'decided', wake: { runId: run.runId, wakeNo: 3 } });
    expect(answers).toEqual([answer]);
    const events = await rows(`select 1 from ai_run_events where run_id = $1 and type = 'approval-approved'`, run.runId);
    expect(events).toHaveLength(1);
  });

  it('waits for a worker that holds the run only for a moment', async () => {
    const { run, approval } = await asking();
    await fixture.admin.makeDue(run.runId);
    const early = (await fixture.store.claimRun({ runId: run.runId, workerId: 'w', token: randomUUID() })) as ClaimedRun;
    const decision = fixture.store.decideApproval({ tenantId, approvalId: approval.id, decision: 'reject' });
    await fixture.store.commitRun(nextCommit(early, { transition: park('waiting_approval', 60_000) }));
    expect(await decision).toMatchObject({ status: 'decided', approval: { status: 'rejected' } });
  });

  it('lists what expired, whether or not its run has ended', async () => {
    const tenant = `tenant-${randomUUID()}`;
    const ids: string[] = [];
    for (let index = 0; index < 3; index += 1) {
      const run = newRun({ tenantId: tenant });
      await fixture.store.acceptRun(run);
      const claim = (await fixture.store.claimRun({ runId: run.id, workerId: 'w', token: randomUUID() })) as ClaimedRun;
      const approval = newApproval();
      ids.unshift(approval.id);
      await fixture.store.commitRun(nextCommit(claim, { approvals: [approval], transition: park('waiting_approval', 60_000) }));
      await fixture.admin.expireApproval(approval.id);
      if (index === 1) await fixture.store.requestCancel({ tenantId: tenant, runIds: [run.id] });
    }
    const first = await fixture.store.listApprovals({ tenantId: tenant, status: 'expired', limit: 2 });
    expect(first.approvals.map((approval) => approval.id)).toEqual(ids.slice(0, 2));
    expect(first.approvals.every((approval) => approval.status === 'expired' && approval.decidedAtMs !== undefined)).toBe(true);
    const cursor = first.nextCursor ?? '';
    const second = await fixture.store.listApprovals({ tenantId: tenant, status: 'expired', limit: 2, cursor });
    expect(second.approvals.map((approval) => approval.id)).toEqual(ids.slice(2));
    expect(second).not.toHaveProperty('nextCursor');
    const stored = await fixture.admin.query('select status from ai_approvals where tenant_id = $1 order by created_at', [
      tenant,
    ]);
    expect(stored).toEqual([{ status: 'pending' }, { status: 'expired' }, { status: 'pending' }]);
  });
});

describe('commit_runs', () => {
  it('writes the routing decision and the use of a fallback beside the call', async () => {
    const run = await claimed();
    const routingDecision: RoutingDecision = {
      strategy: 'cheapest',
      provider: 'two',
      model: 'm',
      reason: 'one has failed',
      candidates: [{ provider: 'two', model: 'm', expectedCostUSD: null, latencyMs: 5 }],
      rejected: [{ provider: 'one', code: 'failed-before', reason: 'It answered 503.' }],
    };
    const call = { eventType: 'provider-call', path: 'ask', provider: 'two', model: 'm', routingDecision };
    const audit = [
      { ...call, fallbackUsed: true },
      { eventType: 'provider-call', provider: 'one', fallbackUsed: false },
    ];
    await fixture.store.commitRun(nextCommit(run, { audit }));
    const stored = await rows(
      `select provider, routing_decision, fallback_used from ai_audit_log where run_id = $1 and event_type = 'provider-call'
       order by provider`,
      run.runId,
    );
    expect(stored).toEqual([
      { provider: 'one', routing_decision: null, fallback_used: false },
      { provider: 'two', routing_decision: routingDecision, fallback_used: true },
    ]);
  });

  it('refuses nothing when the same question comes again under a later commit', async () => {
    const { run, approval } = await asking();
    await fixture.admin.makeDue(run.runId);
    const next = (await fixture.store.claimRun({ runId: run.runId, workerId: 'w', token: randomUUID() })) as ClaimedRun;
    const transition = park('waiting_approval', 60_000);
    expect(await fixture.store.commitRun(nextCommit(next, { approvals: [approval], transition }))).toMatchObject({
      status: 'committed',
    });
    expect((await fixture.store.listApprovals({ tenantId, runId: run.runId, limit: 10 })).approvals).toHaveLength(1);
  });
});
