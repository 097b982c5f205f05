import type { ListRunsQuery } from '@orchestrator/contracts';
import { createStore, type Store } from '@orchestrator/store';
import type { Benchmark, BenchmarkOptions, GoalResult } from '../benchmark.ts';
import { type BenchDatabase, startServers } from '../durable/servers.ts';
import { medianOf, ratioOf, record, type Samples } from '../samples.ts';
import { percentile } from '../statistics.ts';
import { cell, renderTable } from '../table.ts';
import { acceptedAtMs, fill, tenantId, workflowId } from './fill.ts';

const few = 10_000;
const many = 1_000_000;
const most = 1.2;
const limit = 50;

type Filter = Omit<ListRunsQuery, 'tenantId' | 'limit'>;

/** Filters of `GET /api/jobs` for a store of so many runs. */
const filters: Readonly<Record<string, (runs: number) => Filter>> = {
  none: () => ({}),
  kind: () => ({ kind: 'workflow' }),
  'status, most runs have it': () => ({ statuses: ['completed'] }),
  'status, 1 %': () => ({ statuses: ['failed'] }),
  'status, 60 runs far apart': () => ({ statuses: ['cancelled'] }),
  'status, the last 40 runs': () => ({ statuses: ['waiting'] }),
  'status, none': () => ({ statuses: ['running'] }),
  user: () => ({ userId: 'user-3' }),
  'user and status, 1 %': () => ({ userId: 'user-7', statuses: ['failed'] }),
  workflow: () => ({ workflowName: 'workflow-1' }),
  'saved workflow': () => ({ workflowId }),
  provider: () => ({ provider: 'provider-4' }),
  model: () => ({ model: 'model-4' }),
  tag: () => ({ tag: 'nightly' }),
  'tag and user': () => ({ tag: 'nightly', userId: 'user-0' }),
  'hour in the middle': (runs) => ({ fromMs: acceptedAtMs(runs / 2), toMs: acceptedAtMs(runs / 2 + 60) }),
  'cost, 0.1 %': () => ({ minCostNanoUsd: 1_000_000_000 }),
};

interface Subject {
  readonly store: Store;
  readonly database: BenchDatabase;
  readonly runs: number;
}

/** Pages of the database that a call looks at: the same on any machine, busy or not. */
async function pagesOf({ database, runs }: Subject, makeFilter: (runs: number) => Filter): Promise<number> {
  const query = JSON.stringify({ tenantId, limit, ...makeFilter(runs) });
  const explain = `explain (analyze, buffers, timing off, format json) select list_runs('${query}'::jsonb)`;
  await database.query(explain);
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Record<'Shared Hit Blocks' | 'Shared Read Blocks', number> }] }>(
    explain,
  );
  const plan = row?.['QUERY PLAN'][0].Plan;
  return plan === undefined ? Number.NaN : plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

async function timeOf(store: Store, filter: Filter): Promise<number> {
  const startedAt = performance.now();
  await store.listRuns({ tenantId, limit, ...filter });
  return performance.now() - startedAt;
}

/** Both stores in turn, so that they meet the same machine. @returns milliseconds of the fastest tenth: other work only adds */
async function measure(small: Subject, large: Subject, name: string, milliseconds: number): Promise<Record<string, number>> {
  const makeFilter = filters[name] ?? (() => ({}));
  const times = { small: [] as number[], large: [] as number[] };
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    times.small.push(await timeOf(small.store, makeFilter(few)));
    times.large.push(await timeOf(large.store, makeFilter(many)));
  }
  return {
    [`${name}.fewMs`]: percentile(times.small, 0.1),
    [`${name}.manyMs`]: percentile(times.large, 0.1),
    [`${name}.fewPages`]: await pagesOf(small, makeFilter),
    [`${name}.manyPages`]: await pagesOf(large, makeFilter),
  };
}

function judge(samples: Samples): GoalResult[] {
  return Object.keys(filters).map((name) => {
    const ratio = ratioOf(samples, `${name}.manyMs`, `${name}.fewMs`) ?? Number.NaN;
    return {
      goal: `list by ${name}, cost at 1,000,000 stored runs ÷ at 10,000`,
      wanted: `≤ ${most}`,
      measured: cell(ratio, 2),
      isMet: ratio <= most,
      distance: `${cell((ratio / most - 1) * 100)} %`,
    };
  });
}

function render(samples: Samples): string {
  const rows = Object.keys(filters).map((name) => {
    const ratio = ratioOf(samples, `${name}.manyMs`, `${name}.fewMs`);
    return [
      name,
      cell(medianOf(samples, `${name}.fewMs`), 2),
      cell(medianOf(samples, `${name}.manyMs`), 2),
      cell(ratio, 2),
      cell(medianOf(samples, `${name}.fewPages`)),
      cell(medianOf(samples, `${name}.manyPages`)),
      ratio !== undefined && ratio <= most ? 'held' : 'missed',
    ];
  });
  const header = ['first page of 50 runs by', 'ms at 10⁴ runs', 'ms at 10⁶', 'ratio', 'pages at 10⁴', 'at 10⁶', `≤ ${most}`];
  return renderTable(header, rows);
}

async function run({ rounds, seconds, progress }: BenchmarkOptions) {
  const servers = await startServers();
  const stores: Store[] = [];
  try {
    const open = async (name: string, runs: number): Promise<Subject> => {
      const database = await servers.createDatabase(name);
      await fill(database, runs);
      progress(`${runs} runs stored`);
      const store = createStore({ connection: { type: 'postgres', url: database.url, poolSize: 1 } });
      stores.push(store);
      return { store, database, runs };
    };
    const small = await open('lists_few', few);
    const large = await open('lists_many', many);
    await servers.quiet();
    const samples: Samples = {};
    const sliceMs = (seconds * 1_000) / Object.keys(filters).length;
    for (let round = 0; round <= rounds; round += 1) {
      const values: Record<string, number> = {};
      for (const name of Object.keys(filters)) Object.assign(values, await measure(small, large, name, sliceMs));
      // The first round warms everything up.
      if (round > 0) record(samples, values);
      progress(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
    }
    const notes = [
      'Calls of the store in one process over one connection, the fastest tenth of each round; what HTTP adds is the same for both.',
    ];
    return { text: render(samples), samples, goals: judge(samples), notes };
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await servers.dispose();
  }
}

export const lists: Benchmark = {
  name: 'lists',
  summary: 'whether lists cost more when more runs are stored',
  run,
};
