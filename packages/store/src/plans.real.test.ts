import { randomUUID } from 'node:crypto';
import type { ClaimedRun, NewRun, WebhookEndpointRecord } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, newApproval, newRun, nextCommit, park, stepRecord, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';
import { newEndpoint } from './testing/webhook-fixtures.ts';

const storedRuns = 5_000;
const definition = { steps: [] };

let fixture: StoreFixture;
beforeAll(async () => {
  // One connection: what it prepares while the tables are empty is what it uses when they are full.
  fixture = await createStoreFixture(({ url }) => ({ type: 'postgres', url, poolSize: 1 }));
});
afterAll(async () => {
  await fixture.close();
});

const definedRun = (changes: Partial<NewRun> = {}) =>
  newRun({
    definitionSha256: randomUUID().replaceAll('-', '').padEnd(64, '0'),
    definition,
    idempotencyKey: randomUUID(),
    userId: 'u',
    ...changes,
  });

async function askAndDecide(): Promise<void> {
  const { store } = fixture;
  const run = newRun();
  await store.acceptRun(run);
  const claimed = (await store.claimRun({ runId: run.id, workerId: 'w', token: run.id })) as ClaimedRun;
  const approval = newApproval();
  await store.commitRun(nextCommit(claimed, { approvals: [approval], transition: park('waiting_approval', 60_000) }));
  for (const query of [
    {},
    { status: 'pending' as const },
    { status: 'approved' as const },
    { status: 'expired' as const },
    { runId: run.id },
  ])
    await store.listApprovals({ tenantId, limit: 5, ...query });
  await store.getApproval(tenantId, approval.id);
  await store.decideApproval({ tenantId, approvalId: approval.id, decision: 'approve' });
  await store.listApprovals({ tenantId, limit: 5, cursor: approval.id });
}

async function useWebhooks(): Promise<void> {
  const { store } = fixture;
  const { id: endpointId } = (await store.createWebhookEndpoint(newEndpoint())) as WebhookEndpointRecord;
  const ref = { tenantId, endpointId };
  const run = newRun();
  await store.acceptRun(run);
  const claimed = (await store.claimRun({ runId: run.id, workerId: 'w', token: run.id })) as ClaimedRun;
  await store.commitRun(nextCommit(claimed, { transition: finish() }));
  const [delivery] = await store.claimWebhookDeliveries({ limit: 5, perEndpoint: 5, leaseMs: 60_000, busy: [] });
  if (delivery === undefined) throw new Error('the end of a run was not told');
  const { deliveryId, attempt } = delivery;
  await store.completeWebhookDelivery({ deliveryId, endpointId, attempt, outcome: 'retry', retryInMs: 60_000, latencyMs: 1 });
  await store.rotateWebhookSecret({ ...ref, secret: 's', overlapMs: 1 });
  await store.sendWebhookTest({ ...ref, eventId: randomUUID() });
  await store.listWebhookDeliveries({ ...ref, limit: 5 });
  await store.listWebhookDeliveries({ ...ref, limit: 5, status: 'failed', cursor: deliveryId });
  await store.getWebhookDelivery({ ...ref, deliveryId });
  await store.replayWebhookDeliveries(ref, { deliveryId });
  await store.replayWebhookDeliveries(ref, { fromMs: 0, toMs: 4e12, status: 'failed', limit: 5 });
  await store.purgeWebhookDeliveries(5);
  await store.listWebhookEndpoints(tenantId);
  await store.deleteWebhookEndpoint(ref);
  await store.claimWebhookDeliveries({ limit: 5, perEndpoint: 5, leaseMs: 60_000, busy: [] });
}

/** Every function that works on runs, once. */
async function useEverything(): Promise<void> {
  const { store } = fixture;
  const saved = await store.saveWorkflow({
    tenantId,
    name: randomUUID(),
    version: 1,
    status: 'active',
    definition,
    definitionSha256: randomUUID().replaceAll('-', '').padEnd(64, '0'),
  });
  const { workflowId, ...workflow } = saved.workflow;
  const first = definedRun({ workflowId });
  const second = definedRun({ workflowId });
  await Promise.all([store.acceptRun(first), store.acceptRun(second)]);
  await Promise.all([store.acceptRun(first), store.acceptRun({ ...second, id: newRun().id })]);
  const claims = await Promise.all([first, second].map(({ id }) => store.claimRun({ runId: id, workerId: 'w', token: id })));
  const [one, other] = claims as [ClaimedRun, ClaimedRun];
  await store.renewLeases([one, { ...other, epoch: 9 }]);
  await Promise.all([
    store.commitRun(nextCommit(one, { steps: [stepRecord()] })),
    store.commitRun(nextCommit({ ...other, epoch: 9 })),
  ]);
  await store.requestCancel({ tenantId, runIds: [one.runId, other.runId] });
  await askAndDecide();
  await useWebhooks();
  await store.dueRuns({ workerId: 'w', limit: 5 });
  await store.getRuns({ tenantId, runIds: [one.runId, other.runId] });
  await store.commitRun(nextCommit(one, { commitNo: 2, transition: finish() }));
  await store.getRunVersion({ tenantId, runId: one.runId });
  await store.holdReplies({ tenantId, runIds: [one.runId, other.runId], forMs: 1_000 });
  const filters = [{}, { userId: 'u' }, { workflowId }, { workflowName: 'w' }, { tag: 't' }, { provider: 'p' }, { model: 'm' }];
  for (const filter of filters) await store.listRuns({ tenantId, limit: 1, statuses: ['queued', 'completed'], ...filter });
  const claim = { tenantId, key: randomUUID(), token: randomUUID() };
  await store.claimKey({ ...claim, requestSha256: 's', lockMs: 1_000 });
  await store.settleKey(claim);
  await store.saveWorkflow({ ...workflow, status: 'draft', tenantId });
  await store.saveWorkflow({
    ...workflow,
    status: 'draft',
    tenantId,
    definitionSha256: randomUUID().replaceAll('-', '').padEnd(64, '0'),
  });
  await store.getWorkflow({ tenantId, workflowId });
  await store.getDefinition(tenantId, workflow.definitionSha256);
}

describe('the plans that a connection made on empty tables', () => {
  it('read a handful of rows when the tables have grown without ANALYZE', async () => {
    const { admin } = fixture;
    const tables = ['ai_workflow_runs', 'ai_definitions', 'ai_workflow_run_steps', 'ai_workflows', 'ai_approvals', 'ai_run_tags'];
    for (const table of [...tables, 'ai_idempotency_keys', 'ai_webhook_endpoints', 'ai_webhook_deliveries']) {
      await admin.query(`alter table ${table} set (autovacuum_enabled = false)`);
    }
    await useEverything();
    await admin.query(
      `insert into ai_definitions (tenant_id, sha256, definition)
       select 'default', md5(i::text) || md5(i::text), '{}' from generate_series(1, $1) i`,
      [storedRuns],
    );
    await admin.query(
      `with runs as (
         insert into ai_workflow_runs (id, tenant_id, kind, status, user_id, request_id, workflow_id, workflow_name, priority, input,
           timeout_ms, wake_at, accepted_at, tags)
         select gen_random_uuid(), 'default', 'workflow', 'queued', 'u', 'r', gen_random_uuid(), 'w', 'normal', '{}', 1000,
           now() + interval '1 hour', now() - interval '1 hour', '{t}'
         from generate_series(1, $1) i
         returning id, tenant_id
       ),
       tags as (insert into ai_run_tags (tenant_id, tag, run_id) select tenant_id, 't', id from runs)
       insert into ai_workflow_run_steps (run_id, path, visit, tenant_id, ordinal, action, status, provider, model, cost_usd,
         latency_ms, record)
       select id, 'a', 1, tenant_id, 1, 'generate', 'completed', 'p', 'm', 0, 0, '{}' from runs`,
      [storedRuns],
    );
    await admin.query(
      `insert into ai_idempotency_keys (tenant_id, key, token, locked_until)
       select 'default', i::text, gen_random_uuid(), now() from generate_series(1, $1) i`,
      [storedRuns],
    );
    await admin.query(
      `insert into ai_approvals (id, tenant_id, run_id, path, kind, provider, model, threshold_usd, message, created_at, expires_at)
       select gen_random_uuid(), 'default', gen_random_uuid(), 'a', 'cost', 'p', 'm', 1, 'm', now() - interval '1 hour',
         now() + interval '1 hour'
       from generate_series(1, $1) i`,
      [storedRuns],
    );
    await admin.query(
      `insert into ai_webhook_endpoints (id, tenant_id, url, events, secrets)
       select gen_random_uuid(), 'tenant-' || i, 'https://receiver.example/', '{*}', '[]' from generate_series(1, $1) i`,
      [storedRuns],
    );
    await admin.query(
      `insert into ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, payload, next_attempt_at)
       select uuid_at(now(), gen_random_uuid()), 'tenant-1', $2, 'msg_' || i, 'run.completed', '{}', now() + interval '1 hour'
       from generate_series(1, $1) i`,
      [storedRuns, randomUUID()],
    );
    await useEverything();
    // A backend publishes its counters at its end at the latest.
    await fixture.store.close();
    const backends = async () => {
      const text = `select 1 from pg_stat_activity where datname = current_database() and application_name = 'orchestrator-store'`;
      return (await admin.query(text)).length;
    };
    await expect.poll(backends, { timeout: 20_000 }).toBe(0);
    await admin.query('select pg_stat_force_next_flush()');
    const reads = await admin.query<{ table: string; rows: number }>(
      `select relname as table, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_user_tables
       where schemaname = 'public'`,
    );
    expect(reads.find((read) => read.table === 'ai_workflow_runs')?.rows).toBeGreaterThan(20);
    expect(reads.filter((read) => read.rows > 300)).toEqual([]);
  });
});
