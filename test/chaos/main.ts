import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ensureProgram } from '../support/ensure-program.ts';
import { makeScratchFolder, scratchVariable } from '../support/scratch-folder.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import type { BackendType, Scale } from './scenario.ts';
import { scenarios } from './scenarios/index.ts';
import { renderTable } from './table.ts';
import { type Infrastructure, startInfrastructure } from './world/infrastructure.ts';

// npm run chaos -- [--scenario worker-kill]… [--backend redis|postgres] [--seed 7] [--scale full|short]

const shownViolations = 20;
const progress = (text: string) => process.stderr.write(`${text}\n`);

/** What has to be taken down, also when we are interrupted. */
const ours: { infrastructure?: Infrastructure; scratch?: string } = {};

async function takeDown(): Promise<void> {
  await ours.infrastructure?.dispose();
  if (ours.scratch !== undefined) await rm(ours.scratch, { recursive: true, force: true });
}

interface Choice {
  readonly scenarioNames: readonly string[];
  readonly backends: readonly BackendType[];
  readonly seed: number;
  readonly scale: Scale;
}

/** @throws Error with the sentence to print */
function readChoice(): Choice {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', multiple: true },
      backend: { type: 'string' },
      seed: { type: 'string' },
      scale: { type: 'string', default: 'full' },
    },
  });
  const { scenario = scenarios.map(({ name }) => name), backend, seed, scale } = values;
  const unknown = scenario.find((name) => !scenarios.some((each) => each.name === name));
  if (unknown !== undefined) throw new Error(`no scenario ${unknown}; there are ${scenarios.map(({ name }) => name).join(', ')}`);
  if (backend !== undefined && backend !== 'redis' && backend !== 'postgres') throw new Error('--backend is redis or postgres');
  if (scale !== 'full' && scale !== 'short') throw new Error('--scale is full or short');
  if (seed !== undefined && !/^\d{1,9}$/.test(seed)) throw new Error('--seed is a whole number of at most 9 digits');
  return {
    scenarioNames: scenario,
    backends: backend === undefined ? ['redis', 'postgres'] : [backend],
    seed: seed === undefined ? randomInt(1_000_000) : Number(seed),
    scale,
  };
}

async function runBackend(backend: BackendType, { scenarioNames, seed, scale }: Choice): Promise<ScenarioResult[]> {
  const chosen = scenarios.filter(({ name, backends }) => scenarioNames.includes(name) && backends.includes(backend));
  if (chosen.length === 0) return [];
  const infrastructure = await startInfrastructure(backend);
  ours.infrastructure = infrastructure;
  const results: ScenarioResult[] = [];
  try {
    for (const scenario of chosen) {
      const title = `${scenario.name} on ${backend}`;
      progress(`${title}: starting`);
      const result = await runScenario(scenario, infrastructure, {
        scale,
        seed,
        progress: (text) => progress(`${title}: ${text}`),
      });
      results.push(result);
      for (const note of result.notes) progress(`${title}: ${note}`);
      for (const violation of result.violations.slice(0, shownViolations)) progress(`${title}: VIOLATION ${violation}`);
      if (result.violations.length > shownViolations)
        progress(`${title}: and ${result.violations.length - shownViolations} more`);
    }
  } finally {
    await infrastructure.dispose();
  }
  return results;
}

async function main(): Promise<number> {
  const choice = readChoice();
  if (choice.backends.includes('redis')) {
    const redis = await ensureProgram('redis-server');
    if (!redis.isAvailable) throw new Error(`the redis backend can't be tested: ${redis.reason}`);
  }
  progress(`seed ${choice.seed}, ${choice.scale} form`);
  ours.scratch = await makeScratchFolder('orchestrator-chaos');
  process.env[scratchVariable] = ours.scratch;
  const results: ScenarioResult[] = [];
  for (const backend of choice.backends) results.push(...(await runBackend(backend, choice)));
  process.stdout.write(`${renderTable(results)}\n`);
  const failed = results.filter(({ violations }) => violations.length > 0).length;
  process.stdout.write(`seed ${choice.seed}: ${results.length - failed} passed, ${failed} failed\n`);
  return results.length > 0 && failed === 0 ? 0 : 1;
}

async function leave(exitCode: number): Promise<never> {
  await takeDown().catch((error: unknown) => progress(`not everything could be taken down: ${error}`));
  process.exit(exitCode); // ends every child that is left
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void leave(130));
main().then(leave, (error: unknown) => {
  progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return leave(1);
});
