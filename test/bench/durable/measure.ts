import type { ClosedLoopResult } from '../producers/load.ts';
import type { StoreCounters } from '../producers/producer.ts';
import type { Contender } from './contender.ts';
import { type Phase, stepsPerRun } from './phases.ts';
import { type ProcessReading, readProcess } from './process-reading.ts';

const leadInMs = 500;
/** What runs by the clock and not by the run. */
const periodic = new Set([
  'due_runs',
  'renew_leases',
  'maintain_store',
  'get_definition',
  'claim_webhook_deliveries',
  'purge_webhook_deliveries',
]);

interface Reading {
  readonly worker: ProcessReading | undefined;
  readonly api: ProcessReading | undefined;
  readonly counters: StoreCounters;
  readonly cpuMs: Readonly<Record<string, number>>;
}

/** Takes one contender through one phase; the values are named `<contender>.<phase>.<what>`. */
export async function measure(contender: Contender, phase: Phase, measureMs: number): Promise<Record<string, number>> {
  const { name, plainWorker } = contender;
  const before = await read(contender);
  const { runs, values } = await applyLoad(contender, phase, measureMs);
  const after = await read(contender);
  const all: Record<string, number> = { ...values, ...storeValues(before.counters, after.counters, runs) };
  for (const [part, cpuMs] of Object.entries(after.cpuMs)) all[`cpuMs.${part}`] = (cpuMs - (before.cpuMs[part] ?? 0)) / runs;
  if (after.worker !== undefined) {
    all.rssMb = after.worker.rssBytes / 2 ** 20;
    all.loopBusy = after.worker.eventLoopUtilization;
    all.loopDelayP50Ms = after.worker.eventLoopDelayMs.p50;
    all.loopDelayP99Ms = after.worker.eventLoopDelayMs.p99;
    all.loopDelayMaxMs = after.worker.eventLoopDelayMs.max;
  }
  if (after.api !== undefined) {
    all.apiRssMb = after.api.rssBytes / 2 ** 20;
    all.apiLoopBusy = after.api.eventLoopUtilization;
  }
  if (plainWorker !== undefined) all.rssMb = (await plainWorker.ask<number>('rss-bytes')) / 2 ** 20;
  return Object.fromEntries(Object.entries(all).map(([what, value]) => [`${name}.${phase.name}.${what}`, value]));
}

async function applyLoad({ producer }: Contender, { load }: Phase, measureMs: number) {
  if (load.type === 'closed-loop') {
    const { total, ...values } = await producer.ask<ClosedLoopResult>(load.type, { ...load, leadInMs, measureMs });
    return { runs: total, values };
  }
  return { runs: load.count, values: await producer.ask<Record<string, number>>(load.type, load) };
}

async function read({ worker, api, producer, cpuMs }: Contender): Promise<Reading> {
  const fromProducer = await producer.ask<StoreCounters | undefined>('store-counters');
  const ofWorker = worker === undefined ? undefined : await readProcess(worker);
  const ofApi = api === undefined ? undefined : await readProcess(api);
  return { worker: ofWorker, api: ofApi, counters: sum([fromProducer, ofWorker?.store, ofApi?.store]), cpuMs: cpuMs() };
}

function sum(counters: readonly (StoreCounters | undefined)[]): StoreCounters {
  const requests: Record<string, number> = {};
  const rows: Record<string, number> = {};
  for (const each of counters) {
    for (const [name, count] of Object.entries(each?.requests ?? {})) requests[name] = (requests[name] ?? 0) + count;
    for (const [name, count] of Object.entries(each?.rows ?? {})) rows[name] = (rows[name] ?? 0) + count;
  }
  return { requests, rows };
}

function storeValues(before: StoreCounters, after: StoreCounters, runs: number): Record<string, number> {
  const values: Record<string, number> = {};
  let all = 0;
  let byRun = 0;
  for (const [name, count] of Object.entries(after.requests)) {
    const requests = count - (before.requests[name] ?? 0);
    if (requests === 0) continue;
    const rows = (after.rows[name] ?? 0) - (before.rows[name] ?? 0);
    values[`requests.${name}`] = requests / runs;
    values[`batch.${name}`] = rows / requests;
    all += requests;
    if (!periodic.has(name)) byRun += requests;
  }
  if (all > 0) {
    values.requestsPerStep = all / (runs * stepsPerRun);
    values.requestsPerRun = byRun / runs;
  }
  return values;
}
