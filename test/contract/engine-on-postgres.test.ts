import { randomUUID } from 'node:crypto';
import { ModelCallError, type ModelPlan } from '@orchestrator/contracts';
import { createStore, type Store } from '@orchestrator/store';
import { newRun } from '@orchestrator/store/testing';
import { Engine, type Models } from '@orchestrator/workflow';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

// The machine's side of approvals and fallbacks is played in the simulator, the database's in the store's contract suite.
// Here the two meet.
const tenantId = 'default';
const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
let database: TestDatabase;
let store: Store;
let admin: pg.Pool;
const engines: Engine[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  store = createStore({ connection: { type: 'postgres', url: database.url } });
  admin = new pg.Pool({ connectionString: database.url, max: 1 });
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.drain(1_000)));
});
afterAll(async () => {
  await store.close();
  await admin.end();
  await database.drop();
});

function createEngine(models: Models, options: { approvalTimeoutMs?: number } = {}) {
  const replies: string[] = [];
  const engine = new Engine(
    {
      store,
      queue: { wake: async () => {}, notifyReply: (_, runId) => replies.push(runId) },
      models,
      clock: {
        nowMs: () => Date.now(),
        setTimer(delayMs, callback) {
          const timer = setTimeout(callback, Math.max(0, delayMs));
          return () => clearTimeout(timer);
        },
      },
      random: Math.random,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      newToken: () => randomUUID(),
    },
    { workerId: randomUUID(), leaseMs: 7_000, ...options },
  );
  engines.push(engine);
  return { engine, replies };
}

const planOf = (provider: string, changes: Partial<ModelPlan> = {}): ModelPlan => ({
  provider,
  model: 'm',
  request: { prompt: 'x' },
  worstCaseNanoUsd: 2_000_000_000,
  routing: { strategy: 'cheapest', provider, model: 'm', reason: 'first', candidates: [], rejected: [] },
  ...changes,
});
const answer = (provider: string) =>
  ({ content: 'answer', finishReason: 'stop', provider, model: 'm', usage, costNanoUsd: 5, costBasis: 'catalogue' }) as const;
const asking: Models = {
  plan: () => ({ ok: true, plan: planOf('one', { approval: { thresholdUSD: 1 } }) }),
  call: async ({ provider }) => answer(provider),
};

async function accept(): Promise<string> {
  const run = newRun({ kind: 'generate', input: { prompt: 'x' }, replyTo: 'node-1' });
  await store.acceptRun(run);
  return run.id;
}
const statusOf = async (runId: string) => (await store.getRuns({ tenantId, runIds: [runId] }))[0]?.status;
const eventsOf = async (runId: string) =>
  (
    await admin.query<{ seq: number; type: string }>('select seq, type from ai_run_events where run_id = $1 order by seq', [
      runId,
    ])
  ).rows;

describe('an engine on Postgres', () => {
  it('asks, frees its slot, and another worker goes on after the decision', async () => {
    const runId = await accept();
    const first = createEngine(asking);
    await first.engine.handleWake({ runId, epoch: 0, wakeNo: 1 });
    expect(await statusOf(runId)).toBe('waiting_approval');
    expect(first.replies).toEqual([runId]);
    expect(first.engine.counts).toMatchObject({ active: 0, parked: 1 });
    const { approvals } = await store.listApprovals({ tenantId, runId, status: 'pending', limit: 5 });
    expect(approvals).toMatchObject([{ runId, path: 'generate', estimatedCostNanoUsd: 2_000_000_000, thresholdUSD: 1 }]);
    await first.engine.handleWake({ runId, epoch: 1, wakeNo: 2 });
    expect(await statusOf(runId)).toBe('waiting_approval');

    const approvalId = approvals[0]?.id ?? '';
    const decided = await store.decideApproval({ tenantId, approvalId, decision: 'approve', decidedBy: 'ada' });
    if (decided.status !== 'decided') throw new Error(decided.status);
    const second = createEngine(asking);
    await second.engine.handleWake(decided.wake);
    expect(await statusOf(runId)).toBe('completed');
    expect(second.replies).toEqual([runId]);
    const events = await eventsOf(runId);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type }) => type)).toEqual([
      'run-accepted',
      'run-started',
      'step-started',
      'approval-requested',
      'run-parked',
      'approval-approved',
      'run-resumed',
      'step-completed',
      'run-completed',
    ]);
  });

  it('ends a run whose approval is rejected, or expires', async () => {
    const rejected = await accept();
    const { engine } = createEngine(asking, { approvalTimeoutMs: 200 });
    await engine.handleWake({ runId: rejected, epoch: 0, wakeNo: 1 });
    const [approval] = (await store.listApprovals({ tenantId, runId: rejected, limit: 1 })).approvals;
    const decided = await store.decideApproval({ tenantId, approvalId: approval?.id ?? '', decision: 'reject' });
    if (decided.status !== 'decided') throw new Error(decided.status);
    await engine.handleWake(decided.wake);
    const expired = await accept();
    await engine.handleWake({ runId: expired, epoch: 0, wakeNo: 1 });
    await expect
      .poll(async () => {
        await engine.handleWake({ runId: expired, epoch: 1, wakeNo: 2 });
        return statusOf(expired);
      })
      .toBe('failed');
    const runs = await store.getRuns({ tenantId, runIds: [rejected, expired] });
    const errors = new Map(runs.map((run) => [run.runId, run.error?.name]));
    expect([errors.get(rejected), errors.get(expired)]).toEqual(['Approval.Rejected', 'Approval.Expired']);
    const closed = await admin.query(`select count(*)::int as open from ai_approvals where run_id = $1 and status = 'pending'`, [
      expired,
    ]);
    expect(closed.rows).toEqual([{ open: 0 }]);
  });

  it('cancels a run that waits for an approval', async () => {
    const runId = await accept();
    const { engine } = createEngine(asking);
    await engine.handleWake({ runId, epoch: 0, wakeNo: 1 });
    const [cancelled] = await store.requestCancel({ tenantId, runIds: [runId] });
    expect(cancelled).toMatchObject({ status: 'waiting_approval', wake: { runId } });
    if (cancelled?.wake !== undefined) await engine.handleWake(cancelled.wake);
    expect(await statusOf(runId)).toBe('cancelled');
    expect((await store.listApprovals({ tenantId, runId, limit: 1 })).approvals).toMatchObject([{ status: 'cancelled' }]);
  });

  it('books each call of a try by itself, with the routing decision and the use of a fallback', async () => {
    const runId = await accept();
    const { engine } = createEngine({
      plan: (_, previous = []) => ({ ok: true, plan: planOf(previous.length === 0 ? 'one' : 'two') }),
      async call({ provider }) {
        if (provider === 'two') return answer(provider);
        const error = { name: 'Provider.Unavailable', message: 'down', retryable: true } as const;
        throw new ModelCallError(error, { costNanoUsd: 3, costBasis: 'reported' });
      },
    });
    await engine.handleWake({ runId, epoch: 0, wakeNo: 1 });
    const [run] = await store.getRuns({ tenantId, runIds: [runId] });
    expect(run).toMatchObject({ status: 'completed', costNanoUsd: 8, reservedNanoUsd: 0 });
    expect(run?.steps[0]?.attempts).toMatchObject([
      { attempt: 1, outcome: 'failed', provider: 'one', hasFallback: true },
      { attempt: 2, outcome: 'succeeded', provider: 'two', isFallback: true },
    ]);
    const { rows } = await admin.query(
      `select provider, routing_decision ->> 'provider' as routed, fallback_used, cost_usd::text as cost from ai_audit_log
       where run_id = $1 and event_type = 'provider-call' order by cost_usd`,
      [runId],
    );
    expect(rows).toEqual([
      { provider: 'one', routed: 'one', fallback_used: false, cost: '0.000000003' },
      { provider: 'two', routed: 'two', fallback_used: true, cost: '0.000000005' },
    ]);
  });
});
