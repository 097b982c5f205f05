import { randomUUID } from 'node:crypto';
import { webhookEventSchema } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, newRun, nextCommit, park } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';
import { createWebhookWorld } from './testing/webhook-fixtures.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const workflowId = '0190a000-0000-7000-8000-000000000001';

describe('the end of a run', () => {
  it('is told to every endpoint that asked for it, in the same transaction', async () => {
    const world = createWebhookWorld(fixture);
    const everything = await world.endpoint();
    const failures = await world.endpoint({ events: ['run.failed', 'approval.decided'] });
    await createWebhookWorld(fixture).endpoint();
    const runId = await world.endRun({}, { userId: 'u1', workflowId });
    const failedId = await world.endRun({
      status: 'failed',
      degraded: true,
      error: { name: 'Custom.Odd', message: 'x'.repeat(5_000), retryable: false },
    });
    const rows = await world.rows<{
      endpoint_id: string;
      run_id: string;
      event_type: string;
      event_id: string;
      status: string;
      payload: unknown;
    }>('endpoint_id, run_id, event_type, event_id, status, payload');
    const told = (endpointId: string) =>
      rows
        .filter((row) => row.endpoint_id === endpointId)
        .map((row) => `${row.event_type} ${row.run_id}`)
        .sort();
    expect(told(everything.id)).toEqual([`run.completed ${runId}`, `run.failed ${failedId}`]);
    expect(told(failures.id)).toEqual([`run.failed ${failedId}`]);
    expect(rows).toHaveLength(3);
    for (const row of rows) {
      expect(webhookEventSchema.parse(row.payload)).toEqual(row.payload);
      expect(row.event_id).toMatch(/^msg_[0-9a-f]{32}$/);
    }
    const [first] = rows;
    expect(first).toMatchObject({ status: 'pending' });
    expect(first?.payload).toEqual({
      type: 'run.completed',
      version: 1,
      timestamp: expect.any(String),
      data: {
        jobId: runId,
        kind: 'workflow',
        status: 'completed',
        workflowName: 'triage',
        workflowId,
        userId: 'u1',
        costUSD: 0.000257125,
        degraded: false,
        links: { job: `/api/jobs/${runId}` },
      },
    });
    const failed = rows.filter((row) => row.run_id === failedId);
    expect(new Set(failed.map((row) => row.event_id)).size).toBe(1);
    expect(failed[0]?.payload).toMatchObject({
      data: { degraded: true, error: { name: 'Custom.Odd', message: 'x'.repeat(1_000) } },
    });
  });

  it('is told once, however often its commit is repeated', async () => {
    const world = createWebhookWorld(fixture);
    await world.endpoint();
    const claimed = await world.claimRun();
    const commit = nextCommit(claimed, { transition: finish() });
    await fixture.store.commitRun(commit);
    await fixture.store.commitRun(commit);
    await fixture.store.requestCancel({ tenantId: world.tenantId, runIds: [claimed.runId] });
    expect(await world.rows('event_type')).toEqual([{ event_type: 'run.completed' }]);
  });

  it('is told of a run that is cancelled before anybody had it', async () => {
    const world = createWebhookWorld(fixture);
    await world.endpoint();
    const run = newRun({ tenantId: world.tenantId });
    await fixture.store.acceptRun(run);
    await fixture.store.requestCancel({ tenantId: world.tenantId, runIds: [run.id] });
    const [row] = await world.rows<{ payload: unknown }>('payload');
    expect(webhookEventSchema.parse(row?.payload)).toMatchObject({
      type: 'run.cancelled',
      data: { jobId: run.id, error: { name: 'Run.Cancelled' } },
    });
  });

  it('tells nothing of what is not the end', async () => {
    const world = createWebhookWorld(fixture);
    await world.endpoint();
    const claimed = await world.claimRun();
    await fixture.store.renewLeases([claimed]);
    await fixture.store.commitRun(nextCommit(claimed, { transition: park('waiting', 60_000) }));
    expect(await world.rows('id')).toEqual([]);
  });

  it('is not told when its transaction fails', async () => {
    const world = createWebhookWorld(fixture);
    await world.endpoint();
    const claimed = await world.claimRun();
    const events = [{ seq: 9, type: 'run-completed', data: {}, atMs: 1 }] as const;
    await expect(fixture.store.commitRun(nextCommit(claimed, { events, transition: finish() }))).rejects.toMatchObject({
      details: { sqlState: 'PT409' },
    });
    expect(await world.rows('id')).toEqual([]);
  });

  it('is not told to endpoints that are disabled or deleted', async () => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    const { id: disabled } = await world.endpoint();
    const { id: deleted } = await world.endpoint();
    await fixture.store.updateWebhookEndpoint({ tenantId, endpointId: disabled }, { status: 'disabled' });
    await fixture.store.deleteWebhookEndpoint({ tenantId, endpointId: deleted });
    await world.endRun();
    expect(await world.rows('id')).toEqual([]);
  });

  it('is told of a hundred runs that end in one commit', async () => {
    const world = createWebhookWorld(fixture);
    await world.endpoint();
    const claims = await Promise.all(Array.from({ length: 100 }, () => world.claimRun()));
    await Promise.all(claims.map((claimed) => fixture.store.commitRun(nextCommit(claimed, { transition: finish() }))));
    const rows = await world.rows<{ run_id: string }>('run_id');
    expect(rows.map((row) => row.run_id).sort()).toEqual(claims.map(({ runId }) => runId).sort());
  });
});

describe('an approval', () => {
  it.each(['approve', 'reject'] as const)('is told of when it is asked for, and when it is decided: %s', async (decision) => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    await world.endpoint();
    await world.endpoint({ events: ['run.completed'] });
    const approval = await world.askApproval(decision === 'approve' ? {} : { estimatedCostNanoUsd: null });
    await fixture.store.decideApproval({ tenantId, approvalId: approval.id, decision, decidedBy: 'ada' });
    const rows = await world.rows<{ payload: unknown; event_type: string }>('payload, event_type');
    const payloads = rows.map((row) => webhookEventSchema.parse(row.payload)).sort((a, b) => a.type.localeCompare(b.type));
    const links = { approval: `/api/approvals/${approval.id}`, job: `/api/jobs/${approval.runId}` };
    const question = {
      approvalId: approval.id,
      jobId: approval.runId,
      stepId: 'ask',
      provider: 'one',
      model: 'm',
      thresholdUSD: 1.25,
      links,
    };
    const price = decision === 'approve' ? { estimatedCostUSD: 2.500000001 } : {};
    const outcome = decision === 'approve' ? 'approved' : 'rejected';
    expect(payloads.map(({ type, data }) => ({ type, data }))).toEqual([
      {
        type: 'approval.decided',
        data: { ...question, ...price, status: outcome, decidedBy: 'ada', expiresAt: expect.any(String) },
      },
      { type: 'approval.requested', data: { ...question, ...price, status: 'pending', expiresAt: expect.any(String) } },
    ]);
  });

  it('is told of once, and not when its run ends first', async () => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    await world.endpoint({ events: ['approval.requested', 'approval.decided'] });
    const approval = await world.askApproval();
    await fixture.store.requestCancel({ tenantId, runIds: [approval.runId] });
    await fixture.admin.makeDue(approval.runId);
    const claimed = await fixture.store.claimRun({ runId: approval.runId, workerId: 'w', token: randomUUID() });
    if (claimed === null) throw new Error('the run could not be claimed');
    await fixture.store.commitRun(nextCommit(claimed, { approvals: [approval], transition: finish({ status: 'cancelled' }) }));
    expect(await world.rows('event_type')).toEqual([{ event_type: 'approval.requested' }]);
  });
});
