import type { Benchmark, BenchmarkOptions, BenchmarkResult } from '../benchmark.ts';
import { record, type Samples } from '../samples.ts';
import { checkStored } from './check-stored.ts';
import type { Contender, ContenderName } from './contender.ts';
import { judge } from './goals.ts';
import { measure } from './measure.ts';
import { type Phase, phases } from './phases.ts';
import { profileWorker } from './profile-worker.ts';
import { renderReport } from './report.ts';
import { type Servers, startServers } from './servers.ts';
import { type Fleet, startApi, startBare, startBullmq, startOrchestrator } from './start-contenders.ts';

const warmUpMs = 2_000;

/** Everybody who takes part, and why somebody does not. */
interface Field {
  readonly contenders: Map<ContenderName, Contender>;
  readonly notes: string[];
}

async function startField(fleet: Fleet, servers: Servers, options: BenchmarkOptions): Promise<Field> {
  const { fromSource, progress } = options;
  const field: Field = { contenders: new Map(), notes: [] };
  const add = (contender: Contender) => {
    field.contenders.set(contender.name, contender);
    progress(`${contender.name} is up`);
  };
  const redis = await servers.startRedis();
  add(await startBullmq(fleet, redis, 1));
  add(await startBullmq(fleet, redis, 4));
  const installation = await startOrchestrator(fleet, 'pg', { servers, fromSource });
  add(installation.contender);
  add(await startApi(fleet, installation, { servers, fromSource }));
  add(await startBare(fleet));
  try {
    add((await startOrchestrator(fleet, 'http', { servers, fromSource })).contender);
  } catch (error) {
    leaveOut(field, 'http', error, progress);
  }
  return field;
}

/** The HTTP server is an alpha of somebody else: it may fail without ending the benchmark, but never in silence. */
function leaveOut(field: Field, name: ContenderName, error: unknown, progress: (text: string) => void): void {
  if (name !== 'http') throw error;
  const [reason] = String(error instanceof Error ? error.message : error).split('\n');
  field.contenders.delete(name);
  field.notes.push(`HTTP was left out from then on: Supabase Lite could not carry it (${reason}).`);
  progress(`http is left out: ${String(error)}`);
}

interface Round {
  readonly field: Field;
  readonly servers: Servers;
  /** Length of a throughput measurement. */
  readonly measureMs: number;
  readonly progress: (text: string) => void;
  readonly collect: (values: Record<string, number>) => void;
}

/** Every phase, and in each the contenders one right after the other, so that both sides of a ratio meet the same machine. */
async function runRound({ field, servers, measureMs, progress, collect }: Round, isReversed: boolean): Promise<void> {
  for (const phase of phases) {
    const order = isReversed ? phase.contenders.toReversed() : phase.contenders;
    for (const name of order) {
      const contender = field.contenders.get(name);
      if (contender === undefined) continue;
      await servers.quiet();
      try {
        const values = await measure(contender, phase, measureMs);
        collect(values);
        progress(`  ${phase.title}: ${name} ${shortly(values, name, phase)}`);
      } catch (error) {
        leaveOut(field, name, error, progress);
      }
    }
  }
}

function shortly(values: Readonly<Record<string, number>>, name: ContenderName, phase: Phase): string {
  const of = (what: string) => values[`${name}.${phase.name}.${what}`];
  const perSecond = of('perSecond');
  if (perSecond !== undefined) return `${Math.round(perSecond)}/s`;
  const elapsedMs = of('elapsedMs') ?? of('p50Ms') ?? Number.NaN;
  return `${elapsedMs.toFixed(1)} ms`;
}

async function run(options: BenchmarkOptions): Promise<BenchmarkResult> {
  const { rounds, seconds, progress } = options;
  const fleet: Fleet = { children: [] };
  const servers = await startServers();
  try {
    if (options.profileFolder !== undefined)
      return await profileWorker(fleet, servers, { ...options, folder: options.profileFolder });
    const field = await startField(fleet, servers, options);
    const samples: Samples = {};
    const round = { field, servers, progress };
    progress('warm-up');
    await runRound({ ...round, measureMs: warmUpMs, collect: () => {} }, false);
    // Plans made on empty tables are kept by warm connections until the tables are analysed.
    for (const { database } of field.contenders.values()) await database?.query('analyze');
    for (let number = 1; number <= rounds; number += 1) {
      progress(`round ${number} of ${rounds}`);
      await runRound({ ...round, measureMs: seconds * 1_000, collect: (values) => record(samples, values) }, number % 2 === 0);
    }
    const notes = [...field.notes, ...(await checkStored(field.contenders.values()))];
    const goals = judge(samples);
    return { text: renderReport(samples, goals), samples, goals, notes };
  } finally {
    await Promise.all(fleet.children.toReversed().map((child) => child.stop()));
    await servers.dispose();
  }
}

export const durable: Benchmark = {
  name: 'durable',
  summary: 'three-step workflows with committed checkpoints against raw BullMQ on Redis',
  run,
};
