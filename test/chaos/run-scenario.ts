import { auditWorld, type Findings } from './audit/audit.ts';
import { readFacts } from './audit/facts.ts';
import type { BackendType, Scale, Scenario } from './scenario.ts';
import { seedFor } from './seeded-random.ts';
import type { Infrastructure } from './world/infrastructure.ts';
import { stepPaths } from './world/workflow.ts';
import { createWorld } from './world/world.ts';

export interface ScenarioResult extends Findings {
  readonly scenario: string;
  readonly backend: BackendType;
  readonly seed: number;
  readonly faults: number;
  readonly notes: readonly string[];
  readonly tookMs: number;
}

export interface RunScenarioOptions {
  readonly scale: Scale;
  readonly seed: number;
  readonly progress: (text: string) => void;
}

/** Builds a world, breaks it, audits it and takes it down. Never rejects because of what the product does: that is a violation. */
export async function runScenario(
  scenario: Scenario,
  infrastructure: Infrastructure,
  options: RunScenarioOptions,
): Promise<ScenarioResult> {
  const { scale, progress } = options;
  const { backend } = infrastructure;
  const startedAtMs = Date.now();
  const seed = seedFor(options.seed, `${scenario.name} ${backend}`);
  const world = await createWorld(infrastructure, { name: scenario.name, seed, progress });
  try {
    await scenario.run(world, { scale }).catch((error: unknown) => {
      world.record.complaints.push(describe(error));
    });
    const facts = await readFacts(world.database, await world.upstream.ledger());
    return {
      ...auditWorld(world.record, facts, stepPaths),
      scenario: scenario.name,
      backend,
      seed: options.seed,
      faults: world.record.faults,
      notes: world.record.notes,
      tookMs: Date.now() - startedAtMs,
    };
  } finally {
    await world.dispose();
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`;
}
