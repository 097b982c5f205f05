import { randomUUID } from 'node:crypto';
import type { ClaimedRun, NewRun } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, newRun, nextCommit, park, stepRecord, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const newSha256 = () => randomUUID().replaceAll('-', '').padEnd(64, '0');

async function claimedRun(changes: Partial<NewRun> = {}): Promise<ClaimedRun> {
  const run = newRun(changes);
  await fixture.store.acceptRun(run);
  const claimed = await fixture.store.claimRun({ runId: run.id, workerId: 'w', token: randomUUID() });
  if (claimed === null) throw new Error('a new run could not be claimed');
  return claimed;
}

const snapshot = async (runId: string, tenant = tenantId) =>
  (await fixture.store.getRuns({ tenantId: tenant, runIds: [runId] }))[0];

it('reads a document of very many strings', async () => {
  // Collected by jsonb_agg, these reads take time in the square of the strings and end at the statement timeout.
  const keys = 150_000;
  const input = Object.fromEntries(Array.from({ length: keys }, (_, index) => [`key${index}`, 'x']));
  const { runId, workflowId } = await claimedRun({ input, workflowId: randomUUID() });
  expect(Object.keys((await snapshot(runId))?.input ?? {})).toHaveLength(keys);
  expect((await fixture.store.listRuns({ tenantId, workflowId: workflowId ?? '', limit: 1 })).runs).toHaveLength(1);
});

describe('getRuns', () => {
  it('shows a run through its life', async () => {
    const run = newRun({ userId: 'u', maxCostNanoUsd: 10, workflowId: randomUUID(), workflowVersion: 3, tags: ['b', 'a'] });
    await fixture.store.acceptRun(run);
    const { id, timeoutMs: _t, priority: _p, ...seen } = run;
    const queued = await snapshot(id);
    expect(queued).toMatchObject({
      ...seen,
      runId: id,
      status: 'queued',
      degraded: false,
      cancelRequested: false,
      steps: [],
      costNanoUsd: 0,
    });
    expect(queued?.wakeAtMs).toBe((queued?.acceptedAtMs ?? 0) + 5_000);
    for (const key of ['output', 'error', 'startedAtMs', 'finishedAtMs']) expect(queued).not.toHaveProperty(key);

    const claimed = await fixture.store.claimRun({ runId: id, workerId: 'w', token: 't' });
    if (claimed === null) throw new Error('not claimed');
    const running = stepRecord({ status: 'running' });
    await fixture.store.commitRun(nextCommit(claimed, { steps: [running], costNanoUsd: 7, reservedNanoUsd: 3 }));
    expect(await snapshot(id)).toMatchObject({
      status: 'running',
      steps: [running],
      costNanoUsd: 7,
      reservedNanoUsd: 3,
      startedAtMs: claimed.startedAtMs,
    });

    const steps = [stepRecord(), stepRecord({ path: 'b', ordinal: 2 })];
    const transition = finish({ output: null, degraded: true, steps });
    await fixture.store.commitRun(nextCommit(claimed, { commitNo: 2, steps, costNanoUsd: 9, transition }));
    const finished = await snapshot(id);
    expect(finished).toMatchObject({
      status: 'completed',
      output: null,
      degraded: true,
      steps,
      costNanoUsd: 9,
      reservedNanoUsd: 0,
    });
    expect(finished?.finishedAtMs).toBeGreaterThanOrEqual(claimed.startedAtMs);
    for (const key of ['error', 'wakeAtMs']) expect(finished).not.toHaveProperty(key);
  });

  it('shows the error of a failed run', async () => {
    const claimed = await claimedRun();
    const error = { name: 'Provider.Timeout', message: 'too slow', retryable: true } as const;
    await fixture.store.commitRun(
      nextCommit(claimed, { transition: { type: 'finish', status: 'failed', error, degraded: false, steps: [] } }),
    );
    const failed = await snapshot(claimed.runId);
    expect(failed).toMatchObject({ status: 'failed', error });
    expect(failed).not.toHaveProperty('output');
  });

  it('shows nothing of unknown ids, of other tenants and of what is no id', async () => {
    const { runId } = await claimedRun();
    expect(await snapshot(runId, 'other')).toBeUndefined();
    expect(await snapshot(randomUUID())).toBeUndefined();
    expect(await snapshot(`'; drop table ai_workflow_runs; --`)).toBeUndefined();
    expect(await snapshot(runId.toUpperCase())).toMatchObject({ runId });
    expect(await fixture.store.getRuns({ tenantId, runIds: [] })).toEqual([]);
  });

  it('answers many pollers with few requests', async () => {
    const { runId } = await claimedRun();
    const before = fixture.store.metrics().requests.get_runs ?? 0;
    const answers = await Promise.all(Array.from({ length: 300 }, () => snapshot(runId)));
    expect(answers.every((answer) => answer?.runId === runId)).toBe(true);
    expect((fixture.store.metrics().requests.get_runs ?? 0) - before).toBeLessThanOrEqual(2);
  });
});

describe('what a finished run leaves behind', () => {
  it('is complete and agrees to the last digit', async () => {
    const claimed = await claimedRun({ userId: 'auditor' });
    const step = stepRecord({ costNanoUsd: 8_765_432_101_234_567 });
    await fixture.store.commitRun(
      nextCommit(claimed, {
        steps: [step],
        events: [
          { seq: 2, type: 'step-completed', data: { path: 'ask' }, atMs: 1_800_000_000_000 },
          { seq: 3, type: 'run-completed', data: {}, atMs: 1_800_000_000_000 },
        ],
        audit: [
          {
            eventType: 'step-completed',
            path: 'ask',
            provider: 'one',
            model: 'm',
            tokensIn: 3,
            tokensOut: 4,
            costNanoUsd: step.costNanoUsd,
            latencyMs: 12.4,
          },
        ],
        costNanoUsd: step.costNanoUsd,
        transition: finish({ steps: [step] }),
      }),
    );
    const { query } = fixture.admin;
    const [run] = await query<{ nano: string; latency: string; steps: unknown }>(
      'select (total_cost_usd * 1000000000)::bigint::text as nano, total_latency_ms as latency, steps from ai_workflow_runs where id = $1',
      [claimed.runId],
    );
    expect(run?.nano).toBe(String(step.costNanoUsd));
    expect(Number(run?.latency)).toBeGreaterThanOrEqual(0);
    expect(run?.steps).toEqual([step]);
    const [sum] = await query<{ nano: string; count: number; user: string }>(
      `select (sum(cost_usd) * 1000000000)::bigint::text as nano, count(*)::int as count, min(user_id) as user from ai_audit_log where run_id = $1`,
      [claimed.runId],
    );
    expect(sum).toEqual({ nano: String(step.costNanoUsd), count: 2, user: 'auditor' });
    const events = await query<{ seq: number; type: string; epoch: number }>(
      'select seq, type, epoch from ai_run_events where run_id = $1 order by seq',
      [claimed.runId],
    );
    expect(events).toEqual([
      { seq: 1, type: 'run-accepted', epoch: 0 },
      { seq: 2, type: 'step-completed', epoch: 1 },
      { seq: 3, type: 'run-completed', epoch: 1 },
    ]);
    const [row] = await query(
      'select tokens_in, tokens_out, provider, model, status, cost_usd from ai_workflow_run_steps where run_id = $1',
      [claimed.runId],
    );
    expect(row).toMatchObject({ tokens_in: '3', tokens_out: '4', provider: 'one', model: 'm', status: 'completed' });
  });
});

describe('requestCancel', () => {
  it('wakes a waiting run with a new number, leaves a held one to its holder and a finished one alone', async () => {
    const waiting = await claimedRun();
    const held = await claimedRun();
    const finished = await claimedRun();
    await fixture.store.commitRun(nextCommit(waiting, { transition: park('waiting', 60_000) }));
    await fixture.store.commitRun(nextCommit(finished, { transition: finish() }));
    const runIds = [waiting.runId, held.runId, finished.runId, randomUUID(), 'junk'];
    const byRun = new Map((await fixture.store.requestCancel({ tenantId, runIds })).map((answer) => [answer.runId, answer]));
    expect(byRun.size).toBe(3);
    const { runId, kind, priority } = waiting;
    expect(byRun.get(runId)).toEqual({ runId, status: 'waiting', wake: { runId, kind, priority, epoch: 1, wakeNo: 3 } });
    expect(byRun.get(held.runId)).toEqual({ runId: held.runId, status: 'running' });
    expect(byRun.get(finished.runId)).toEqual({ runId: finished.runId, status: 'completed' });
    expect(await fixture.store.requestCancel({ tenantId: 'other', runIds })).toEqual([]);
    await fixture.store.requestCancel({ tenantId, runIds });
    const audit = await fixture.admin.query(
      `select from ai_audit_log where event_type = 'run-cancel-requested' and run_id = any ($1)`,
      [[waiting.runId, held.runId, finished.runId]],
    );
    expect(audit).toHaveLength(2);
    expect(await snapshot(held.runId)).toMatchObject({ cancelRequested: true });
  });
});

describe('workflows', () => {
  it('are created, changed until they have run, and listed', async () => {
    const tenant = `tenant-${randomUUID()}`;
    const first = {
      tenantId: tenant,
      name: 'w',
      version: 1,
      status: 'draft',
      definition: { steps: [null] },
      definitionSha256: newSha256(),
    } as const;
    const created = await fixture.store.saveWorkflow(first);
    const { tenantId: _, ...content } = first;
    expect(created).toMatchObject({ status: 'created', workflow: content });
    const { workflowId } = created.workflow;
    expect(await fixture.store.saveWorkflow(first)).toEqual({ ...created, status: 'unchanged' });
    const second = { ...first, status: 'active', definition: { steps: [] }, definitionSha256: newSha256() } as const;
    const changed = await fixture.store.saveWorkflow(second);
    expect(changed).toMatchObject({ status: 'updated', workflow: { workflowId, definition: { steps: [] }, status: 'active' } });

    await fixture.store.acceptRun(newRun({ tenantId: tenant, workflowId, definitionSha256: second.definitionSha256 }));
    expect(await fixture.store.saveWorkflow(first)).toEqual({ status: 'immutable', workflow: changed.workflow });
    expect(await fixture.store.saveWorkflow({ ...second, status: 'draft' })).toMatchObject({ status: 'updated' });
    expect(await fixture.store.saveWorkflow({ ...first, version: 2 })).toMatchObject({ status: 'created' });

    expect(await fixture.store.getWorkflow({ tenantId: tenant, workflowId })).toMatchObject({
      workflowId,
      status: 'draft',
      version: 1,
    });
    expect(await fixture.store.getWorkflow({ tenantId, workflowId })).toBeNull();
    expect(await fixture.store.getWorkflow({ tenantId: tenant, workflowId: 'junk' })).toBeNull();
    const list = await fixture.store.listWorkflows({ tenantId: tenant, limit: 1 });
    expect(list).toMatchObject({ total: 2, workflows: [{ version: 2 }] });
    expect(await fixture.store.listWorkflows({ tenantId: 'nobody', limit: 1 })).toEqual({ total: 0, workflows: [] });
  });

  it('are saved by many at once as one', async () => {
    const workflow = {
      tenantId,
      name: randomUUID(),
      version: 1,
      status: 'active',
      definition: {},
      definitionSha256: newSha256(),
    } as const;
    const other = fixture.anotherStore();
    const saved = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? other : fixture.store).saveWorkflow(workflow)),
    );
    expect(new Set(saved.map(({ workflow: { workflowId } }) => workflowId)).size).toBe(1);
    expect(saved.filter(({ status }) => status === 'created')).toHaveLength(1);
    expect(saved.filter(({ status }) => status === 'unchanged')).toHaveLength(19);
  });
});

describe('definitions', () => {
  it('travel once per process, and again when the database has lost them', async () => {
    const definitionSha256 = newSha256();
    const definition = { steps: [{ id: 'only' }] };
    const accept = () => fixture.store.acceptRun(newRun({ definitionSha256, definition }));
    await accept();
    await fixture.admin.query('delete from ai_definitions where sha256 = $1', [definitionSha256]);
    expect(await accept()).toMatchObject({ status: 'accepted' });
    expect(await fixture.store.getDefinition(tenantId, definitionSha256)).toEqual(definition);
  });

  it('that nobody sent are refused, beside runs that are accepted', async () => {
    const results = await Promise.allSettled([
      fixture.store.acceptRun(newRun()),
      fixture.store.acceptRun(newRun({ definitionSha256: newSha256() })),
      fixture.store.acceptRun(newRun()),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'internal' } });
  });
});

describe('ping', () => {
  it("returns the database's clock", async () => {
    const { nowMs } = await fixture.store.ping();
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(60_000);
  });
});
