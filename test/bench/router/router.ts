import type { Benchmark, BenchmarkOptions, GoalResult } from '../benchmark.ts';
import { startChild } from '../processes/child.ts';
import { medianOf, record, type Samples } from '../samples.ts';
import { percentile } from '../statistics.ts';
import { cell, renderTable } from '../table.ts';
import { createPlanner, createSubject, layers, type Subject, vendorNames } from './subjects.ts';

const plansPerRound = 2_000;

/** One call of each layer in turn, so that all meet the same machine. @returns milliseconds at the median and the 95th percentile */
async function measureRound(vendor: string, subject: Subject, milliseconds: number): Promise<Record<string, number>> {
  const times = { sdk: [] as number[], adapter: [] as number[], router: [] as number[] };
  const until = performance.now() + milliseconds;
  for (let turn = 0; performance.now() < until; turn += 1) {
    for (let index = 0; index < layers.length; index += 1) {
      // Nobody is always the one after a pause or a collection.
      const layer = layers[(index + turn) % layers.length] ?? 'sdk';
      const startedAt = performance.now();
      await subject[layer]();
      times[layer].push(performance.now() - startedAt);
    }
  }
  const values = layers.flatMap((layer) => [
    [`${vendor}.${layer}.p50Ms`, percentile(times[layer], 0.5)] as const,
    [`${vendor}.${layer}.p95Ms`, percentile(times[layer], 0.95)] as const,
  ]);
  return {
    ...Object.fromEntries(values),
    [`${vendor}.adapterAddsMs`]: percentile(times.adapter, 0.5) - percentile(times.sdk, 0.5),
    [`${vendor}.routerAddsMs`]: percentile(times.router, 0.5) - percentile(times.adapter, 0.5),
  };
}

function measurePlanning(plan: () => unknown): number {
  const times: number[] = [];
  for (let count = 0; count < plansPerRound; count += 1) {
    const startedAt = performance.now();
    plan();
    times.push(performance.now() - startedAt);
  }
  return percentile(times, 0.5) * 1_000;
}

function judge(samples: Samples): GoalResult[] {
  const goal = (what: string, key: string, limitMs: number): GoalResult[] =>
    vendorNames.map((vendor) => {
      const added = medianOf(samples, `${vendor}.${key}`) ?? Number.NaN;
      return {
        goal: `${what} (${vendor})`,
        wanted: `≤ ${limitMs} ms`,
        measured: `${cell(added, 3)} ms`,
        isMet: added <= limitMs,
        distance: `${cell(((added - limitMs) / limitMs) * 100)} %`,
      };
    });
  return [
    ...goal('adapter adds to its bare SDK, p50', 'adapterAddsMs', 0.3),
    ...goal('router adds to its adapter, p50', 'routerAddsMs', 0.2),
  ];
}

function render(samples: Samples, goals: readonly GoalResult[]): string {
  const latency = vendorNames.flatMap((vendor) =>
    layers.map((layer) => [
      `${vendor} through ${layer}`,
      cell(medianOf(samples, `${vendor}.${layer}.p50Ms`), 3),
      cell(medianOf(samples, `${vendor}.${layer}.p95Ms`), 3),
    ]),
  );
  const standing = goals.map(({ goal, wanted, measured, isMet }) => [goal, wanted, measured, isMet ? 'met' : 'missed']);
  return [
    'One call at a time to a vendor on this machine that answers at once:',
    renderTable(['', 'p50 ms', 'p95 ms'], latency),
    '',
    `Choosing among all providers of the registry: ${cell(medianOf(samples, 'planUs'), 1)} µs.`,
    '',
    renderTable(['goal', 'wanted', 'measured', ''], standing),
  ].join('\n');
}

async function run({ rounds, seconds, progress }: BenchmarkOptions) {
  const upstream = await startChild({ name: 'upstream', entry: 'test/bench/upstream/main.ts' });
  try {
    const port = Number(upstream.ready.port);
    const subjects = vendorNames.map((vendor) => ({ vendor, subject: createSubject(vendor, port) }));
    const plan = createPlanner();
    const samples: Samples = {};
    for (let round = 0; round <= rounds; round += 1) {
      const values: Record<string, number> = { planUs: measurePlanning(plan) };
      for (const { vendor, subject } of subjects) Object.assign(values, await measureRound(vendor, subject, seconds * 1_000));
      // The first round warms everything up.
      if (round > 0) record(samples, values);
      progress(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
    }
    const goals = judge(samples);
    const notes = ['The vendor runs in a process of its own; everything else in one, layer by layer in turn.'];
    return { text: render(samples, goals), samples, goals, notes };
  } finally {
    await upstream.stop();
  }
}

export const router: Benchmark = {
  name: 'router',
  summary: 'what adapters and router add to a call',
  run,
};
