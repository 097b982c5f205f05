import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BenchmarkOptions, BenchmarkResult } from '../benchmark.ts';
import { type CpuProfile, summarizeProfile } from '../processes/cpu-profile.ts';
import type { ClosedLoopResult } from '../producers/load.ts';
import type { Servers } from './servers.ts';
import { type Fleet, startOrchestrator } from './start-contenders.ts';

const inFlight = 100;
const warmUpMs = 3_000;

/**
 * Our engine alone at 100 in flight, from source, with a CPU profile of worker and producer: where the time of a run goes.
 */
export async function profileWorker(
  fleet: Fleet,
  servers: Servers,
  options: BenchmarkOptions & { readonly folder: string },
): Promise<BenchmarkResult> {
  const { seconds, progress } = options;
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true });
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`];
  const startedMs = performance.now();
  const { contender } = await startOrchestrator(fleet, 'pg', { servers, fromSource: true, flags });
  const { worker, producer, database } = contender;
  const loop = { work: 'noop', inFlight, leadInMs: warmUpMs } as const;
  await producer.ask<ClosedLoopResult>('closed-loop', { ...loop, measureMs: 500 });
  await database?.query('analyze');
  progress('measuring');
  // Counted from before the processes existed: a little of the measurement is left out, never any of the start put in.
  const skipMs = performance.now() - startedMs;
  const { perSecond } = await producer.ask<ClosedLoopResult>('closed-loop', { ...loop, leadInMs: 0, measureMs: seconds * 1_000 });
  const texts = [`${Math.round(perSecond)} workflows/s at ${inFlight} in flight, while profiled`];
  for (const child of [producer, worker]) {
    if (child === undefined) continue;
    await child.stop();
    const file = (await readdir(folder)).find((name) => name.includes(`.${child.pid}.`));
    if (file === undefined) throw new Error(`${child.name} left no profile in ${folder}`);
    const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile;
    texts.push(`${child.name}: ${join(folder, file)}\n${summarizeProfile(profile, skipMs)}`);
  }
  return {
    text: texts.join('\n\n'),
    samples: {},
    goals: [],
    notes: ['A profiled process is slower: for shares, not for speed.'],
  };
}
