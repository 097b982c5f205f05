import { rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { makeScratchFolder, scratchVariable } from '../support/scratch-folder.ts';
import type { Benchmark } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { measureDiskSyncMs } from './disk.ts';
import { describeMachine, isQuiet, loadAverage } from './machine.ts';

// npm run bench -- durable [--rounds 5] [--seconds 3] [--json file] [--source] [--profile folder]

const progress = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

interface Choice {
  readonly benchmark: Benchmark;
  readonly rounds: number;
  readonly seconds: number;
  readonly jsonFile?: string;
  readonly fromSource: boolean;
  readonly profileFolder?: string;
}

/** @throws Error with the sentence to print */
function readChoice(): Choice {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'string' },
      source: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const [name] = positionals;
  const benchmark = benchmarks.find((each) => each.name === name);
  if (benchmark === undefined) {
    const known = benchmarks.map((each) => `  ${each.name}  ${each.summary}`).join('\n');
    throw new Error(`npm run bench -- <benchmark> [--rounds N] [--seconds N] [--json file] [--profile folder]\n${known}`);
  }
  const wholeNumber = (option: 'rounds' | 'seconds') => {
    if (!/^[1-9]\d{0,2}$/.test(values[option])) throw new Error(`--${option} is a whole number from 1 to 999`);
    return Number(values[option]);
  };
  return {
    benchmark,
    rounds: wholeNumber('rounds'),
    seconds: wholeNumber('seconds'),
    fromSource: values.source,
    ...(values.json !== undefined && { jsonFile: values.json }),
    ...(values.profile !== undefined && { profileFolder: values.profile }),
  };
}

async function main(): Promise<void> {
  const { benchmark, jsonFile, ...options } = readChoice();
  const scratch = await makeScratchFolder('orchestrator-bench');
  process.env[scratchVariable] = scratch;
  try {
    const machine = await describeMachine();
    const disturbance = isQuiet(machine)
      ? []
      : [`The machine was busy with other work (load ${machine.loadAtStart}) at the start.`];
    for (const text of disturbance) progress(text);
    const { text, notes, ...result } = await benchmark.run({ ...options, progress });
    const end = { loadAtEnd: loadAverage(), diskSyncAtEndMs: await measureDiskSyncMs() };
    const { cpu, cores, memoryGb, system, node, redis, commit, loadAtStart, diskSyncMs } = machine;
    const where = `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, Redis ${redis}, commit ${commit}`;
    const state = `Before and after: load ${loadAtStart} and ${end.loadAtEnd}, disk sync ${diskSyncMs} and ${end.diskSyncAtEndMs} ms.`;
    const allNotes = [...notes, ...disturbance];
    process.stdout.write(`${text}\n\n${allNotes.map((note) => `- ${note}`).join('\n')}\n- ${state}\n- ${where}\n`);
    if (jsonFile !== undefined) {
      const document = {
        benchmark: benchmark.name,
        machine: { ...machine, ...end },
        notes: allNotes,
        ...result,
      };
      await writeFile(jsonFile, `${JSON.stringify(document, null, 2)}\n`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// Leaving by `exit` kills every child; the embedded Postgres has a watchdog of its own.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
main().then(
  () => process.exit(0),
  (error: unknown) => {
    progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
