import { randomUUID } from 'node:crypto';
import { type ListRunsQuery, type NewRun, type RunStatus, type RunSummary, runStatuses } from '@orchestrator/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finish, newRun, newRunId, nextCommit, park, stepRecord, tenantId } from './testing/run-fixtures.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';

type Filter = Omit<ListRunsQuery, 'tenantId' | 'limit' | 'before'>;

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const newTenant = () => `tenant-${randomUUID()}`;
const workflowIds = [randomUUID(), randomUUID()];

/** Every page of a list, one after the other. */
async function allPages(tenant: string, filter: Filter, limit: number): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  let before: string | undefined;
  do {
    const page = await fixture.store.listRuns({
      tenantId: tenant,
      limit,
      ...filter,
      ...(before === undefined ? {} : { before }),
    });
    expect(page.runs.length).toBeLessThanOrEqual(limit);
    runs.push(...page.runs);
    before = page.next;
  } while (before !== undefined);
  return runs;
}

interface Made {
  readonly run: NewRun;
  readonly status: RunStatus;
  readonly costNanoUsd: number;
  readonly acceptedAtMs: number;
  readonly steps: readonly { readonly provider: string; readonly model: string }[];
}

const baseMs = Date.parse('2026-05-01T00:00:00Z');

/** A run of every kind of history, at a moment of its own, written as the functions write it and then moved in time. */
async function makeRun(tenant: string, index: number): Promise<Made> {
  const pick = <T>(values: readonly T[], stride: number): T => values[Math.floor(index / stride) % values.length] as T;
  const kind = pick(['generate', 'workflow', 'workflow'] as const, 1);
  const status = pick([...runStatuses, 'completed', 'completed'] as const, 2);
  const tags = pick([[], ['red'], ['red', 'blue']], 1);
  const workflowId = kind === 'workflow' ? pick([...workflowIds, undefined], 3) : undefined;
  const userId = pick(['ada', 'bob', undefined], 2);
  const acceptedAtMs = baseMs + index * 1_000;
  const run = newRun({
    id: `${acceptedAtMs.toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}${newRunId().slice(13)}`,
    tenantId: tenant,
    kind,
    workflowName: kind === 'generate' ? 'generate' : pick(['triage', 'report'], 4),
    tags,
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(userId === undefined ? {} : { userId }),
  });
  await fixture.store.acceptRun(run);
  const steps = pick(
    [
      [['one', 'm']],
      [
        ['one', 'm'],
        ['two', 'n'],
      ],
      [['two', 'm']],
    ],
    1,
  ).map(([provider = '', model = '']) => ({
    provider,
    model,
  }));
  const costNanoUsd = (index % 5) * 1_000_000_000;
  if (status !== 'queued') {
    const claimed = await fixture.store.claimRun({ runId: run.id, workerId: 'w', token: 't' });
    if (claimed === null) throw new Error('a new run could not be claimed');
    const records = steps.map((step, at) => stepRecord({ ...step, path: `step-${at}`, ordinal: at + 1 }));
    const ended = status === 'completed' || status === 'failed' || status === 'cancelled';
    const parked = status === 'waiting' || status === 'waiting_approval';
    await fixture.store.commitRun(
      nextCommit(claimed, {
        steps: records,
        costNanoUsd,
        ...(ended ? { transition: finish({ status, steps: records }) } : {}),
        ...(parked ? { transition: park(status, 3_600_000) } : {}),
      }),
    );
  }
  await fixture.admin.query('update ai_workflow_runs set accepted_at = to_timestamp($2::double precision / 1000) where id = $1', [
    run.id,
    acceptedAtMs,
  ]);
  const isStarted = status !== 'queued';
  return { run, status, acceptedAtMs, costNanoUsd: isStarted ? costNanoUsd : 0, steps: isStarted ? steps : [] };
}

/** What the filters mean, in plain words. */
function isWanted({ run, status, costNanoUsd, acceptedAtMs, steps }: Made, filter: Filter): boolean {
  const { kind, statuses, workflowId, workflowName, userId, provider, model, tag, fromMs, toMs } = filter;
  const served = (step: Made['steps'][number]) =>
    (provider === undefined || step.provider === provider) && (model === undefined || step.model === model);
  return (
    (kind === undefined || run.kind === kind) &&
    (statuses === undefined || statuses.includes(status)) &&
    (workflowId === undefined || run.workflowId === workflowId) &&
    (workflowName === undefined || (run.kind === 'workflow' && run.workflowName === workflowName)) &&
    (userId === undefined || run.userId === userId) &&
    ((provider === undefined && model === undefined) || steps.some(served)) &&
    (tag === undefined || run.tags?.includes(tag) === true) &&
    (fromMs === undefined || acceptedAtMs >= fromMs) &&
    (toMs === undefined || acceptedAtMs < toMs) &&
    (filter.minCostNanoUsd === undefined || costNanoUsd >= filter.minCostNanoUsd) &&
    (filter.maxCostNanoUsd === undefined || costNanoUsd <= filter.maxCostNanoUsd)
  );
}

const moment = fc.integer({ min: -1, max: 61 }).map((second) => baseMs + second * 1_000);
const amount = fc.integer({ min: 0, max: 5 }).map((usd) => usd * 1_000_000_000);
const anyFilter: fc.Arbitrary<Filter> = fc.record(
  {
    kind: fc.constantFrom('generate', 'workflow'),
    statuses: fc.uniqueArray(fc.constantFrom(...runStatuses), { minLength: 1 }),
    workflowId: fc.constantFrom(...workflowIds),
    workflowName: fc.constantFrom('triage', 'report', 'generate'),
    userId: fc.constantFrom('ada', 'bob', 'nobody'),
    provider: fc.constantFrom('one', 'two', 'three'),
    model: fc.constantFrom('m', 'n'),
    tag: fc.constantFrom('red', 'blue', 'green'),
    fromMs: moment,
    toMs: moment,
    minCostNanoUsd: amount,
    maxCostNanoUsd: amount,
  },
  { requiredKeys: [] },
);

describe('listRuns', () => {
  it('gives, by any filter and in pages of any size, the runs that are meant, newest first', async () => {
    const tenant = newTenant();
    const made: Made[] = [];
    for (let index = 0; index < 60; index += 1) made.unshift(await makeRun(tenant, index));
    const property = fc.asyncProperty(anyFilter, fc.integer({ min: 1, max: 70 }), async (filter, limit) => {
      const listed = await allPages(tenant, filter, limit);
      expect(listed.map(({ runId }) => runId)).toEqual(made.filter((each) => isWanted(each, filter)).map(({ run }) => run.id));
    });
    const single: Filter[] = [
      {},
      { kind: 'workflow' },
      { statuses: ['failed'] },
      { workflowId: workflowIds[0] ?? '' },
      { workflowName: 'triage' },
      { userId: 'ada' },
      { provider: 'two' },
      { model: 'n' },
      { provider: 'two', model: 'm' },
      { tag: 'blue' },
      { fromMs: baseMs + 10_000, toMs: baseMs + 20_000 },
      { minCostNanoUsd: 3_000_000_000 },
    ];
    await fc.assert(property, { numRuns: 150, examples: single.map((filter): [Filter, number] => [filter, 7]) });
  });

  it('says what a run did without its documents', async () => {
    const run = newRun({ workflowId: randomUUID(), input: { secret: 'document' }, tags: ['red'] });
    await fixture.store.acceptRun(run);
    const claimed = await fixture.store.claimRun({ runId: run.id, workerId: 'w', token: 't' });
    if (claimed === null) throw new Error('a new run could not be claimed');
    const step = stepRecord({ status: 'completed', output: 'document', provider: 'p', costNanoUsd: 5 });
    await fixture.store.commitRun(nextCommit(claimed, { steps: [step], transition: finish({ steps: [step] }), costNanoUsd: 5 }));
    const page = await fixture.store.listRuns({ tenantId, workflowId: run.workflowId ?? '', limit: 1 });
    const { path, visit, action, status, latencyMs, provider, model, costNanoUsd } = step;
    expect(page.runs).toMatchObject([{ runId: run.id, costNanoUsd: 5, tags: ['red'] }]);
    expect(page.runs[0]?.steps).toEqual([{ path, visit, action, status, latencyMs, provider, model, costNanoUsd }]);
    expect(JSON.stringify(page)).not.toContain('document');
    expect(page).not.toHaveProperty('next');
  });

  it('shows nothing of other tenants, and nothing for ids that can not be', async () => {
    const tenant = newTenant();
    await fixture.store.acceptRun(newRun({ tenantId: tenant, tags: ['red'] }));
    const filters = [{}, { tag: 'red' }, { kind: 'workflow' as const }, { workflowName: 'triage' }];
    for (const filter of filters) {
      expect((await fixture.store.listRuns({ tenantId: tenant, limit: 5, ...filter })).runs).toHaveLength(1);
      expect(await fixture.store.listRuns({ tenantId: newTenant(), limit: 5, ...filter })).toEqual({ runs: [] });
    }
    expect(await fixture.store.listRuns({ tenantId: tenant, workflowId: 'junk', limit: 5 })).toEqual({ runs: [] });
    expect(await fixture.store.listRuns({ tenantId: tenant, before: 'junk', limit: 5 })).toEqual({ runs: [] });
  });

  it('neither repeats nor loses a run while others are accepted between the pages', async () => {
    const tenant = newTenant();
    const accept = async () => {
      const run = newRun({ tenantId: tenant });
      await fixture.store.acceptRun(run);
      return run.id;
    };
    const first: string[] = [];
    for (let count = 0; count < 25; count += 1) first.unshift(await accept());
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page = await fixture.store.listRuns({ tenantId: tenant, limit: 4, ...(before === undefined ? {} : { before }) });
      seen.push(...page.runs.map(({ runId }) => runId));
      before = page.next;
      await Promise.all([accept(), accept(), accept()]);
    } while (before !== undefined);
    expect(seen).toEqual(first);
  });

  it('interrupts a search that finds too little, and goes on from there', async () => {
    const tenant = newTenant();
    await fixture.admin.query(
      `insert into ai_workflow_runs (id, tenant_id, kind, status, request_id, workflow_name, priority, input, timeout_ms,
         total_cost_usd)
       select run_id_at(1700000000000 + i), $1, 'generate', 'completed', 'r', 'generate', 'normal', '{}', 1000,
         case when i in (1, 6000) then 5 else 0 end
       from generate_series(1, 12000) i`,
      [tenant],
    );
    const query = { tenantId: tenant, minCostNanoUsd: 1_000_000_000, limit: 50 };
    const first = await fixture.store.listRuns(query);
    expect(first).toEqual({ runs: [], next: expect.any(String) });
    const costs = (await allPages(tenant, { minCostNanoUsd: 1_000_000_000 }, 50)).map(({ costNanoUsd }) => costNanoUsd);
    expect(costs).toEqual([5_000_000_000, 5_000_000_000]);
  });

  it('finds runs by time although the clock that made their ids was off', async () => {
    const tenant = newTenant();
    const run = newRun({ tenantId: tenant });
    const ahead = `${(Date.now() + 240_000).toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}${run.id.slice(13)}`;
    await fixture.store.acceptRun({ ...run, id: ahead });
    const { nowMs } = await fixture.store.ping();
    const list = async (fromMs: number, toMs: number) =>
      (await fixture.store.listRuns({ tenantId: tenant, fromMs, toMs, limit: 5 })).runs.length;
    expect(await list(nowMs - 10_000, nowMs + 10_000)).toBe(1);
    expect(await list(nowMs + 10_000, nowMs + 20_000)).toBe(0);
  });
});

describe('getRunVersion', () => {
  it('changes with all that a client can see, and with nothing else', async () => {
    const { store } = fixture;
    const run = newRun();
    const seen: (string | null)[] = [];
    const look = async () => {
      const version = await store.getRunVersion({ tenantId, runId: run.id });
      const [snapshot] = await store.getRuns({ tenantId, runIds: [run.id] });
      expect(snapshot?.version).toBe(version);
      seen.push(version);
    };
    await store.acceptRun(run);
    await look();
    const claimed = await store.claimRun({ runId: run.id, workerId: 'w', token: 't' });
    if (claimed === null) throw new Error('a new run could not be claimed');
    await look();
    await store.commitRun(nextCommit(claimed, { steps: [stepRecord({ status: 'running' })] }));
    await look();
    await store.requestCancel({ tenantId, runIds: [run.id] });
    await look();
    await store.commitRun(nextCommit(claimed, { commitNo: 2, transition: park('waiting', 60_000) }));
    await look();
    expect(new Set(seen).size).toBe(seen.length);

    await store.requestCancel({ tenantId, runIds: [run.id] });
    await fixture.admin.makeDue(run.id);
    await store.dueRuns({ workerId: 'w', limit: 1_000 });
    expect(await store.getRunVersion({ tenantId, runId: run.id })).toBe(seen.at(-1));
  });

  it('is null for what is unknown, and many pollers share few requests', async () => {
    const run = newRun();
    await fixture.store.acceptRun(run);
    const requests = () => fixture.store.metrics().requests.get_run_versions ?? 0;
    const before = requests();
    const ids = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? run.id : newRunId()));
    const versions = await Promise.all(ids.map((runId) => fixture.store.getRunVersion({ tenantId, runId })));
    expect(versions.filter((version) => version === null)).toHaveLength(100);
    expect(requests() - before).toBeLessThanOrEqual(2);
    expect(await fixture.store.getRunVersion({ tenantId: 'other', runId: run.id })).toBeNull();
    expect(await fixture.store.getRunVersion({ tenantId, runId: 'junk' })).toBeNull();
  });
});
