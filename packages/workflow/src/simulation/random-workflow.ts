import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import type { SeededRandom } from './seeded-random.ts';

function randomRetry(random: SeededRandom): JsonObject {
  return {
    maxAttempts: random.between(1, 4),
    delayMs: random.pick([0, 50, 1_000, 5_000, 60_000]),
    backoff: random.pick(['fixed', 'exponential']),
    jitter: random.pick(['none', 'full']),
    ...(random.chance(0.2) && { retryOn: ['Provider.*', 'Custom.*', 'Step.Timeout'] }),
  };
}

function randomWhen(random: SeededRandom, earlier: readonly string[]): string {
  const step = earlier.length > 0 ? random.pick(earlier) : null;
  const conditions = ['input.depth > 2', 'input.depth <= 2', 'input.flag', '{{input.flag}}', 'input.missing == 1'];
  if (step !== null) conditions.push(`${step}.status == "completed"`, `${step}.costUSD > 0.0`);
  return random.pick(conditions);
}

/** Whom to ask: the cheapest, or somebody by name, with or without others to fall back on. */
export function randomRouting(random: SeededRandom): JsonObject {
  if (random.chance(0.5)) return {};
  const provider = random.chance(0.1) ? 'unpriced' : random.pick(['one', 'two', 'three']);
  const others = ['one', 'two', 'three'].filter((name) => name !== provider);
  const fallbacks = others.slice(0, random.between(1, 2)).map((name) => ({ provider: name }));
  return { provider, ...(random.chance(0.5) && { fallbacks }) };
}

function randomWork(random: SeededRandom, earlier: readonly string[]): JsonObject {
  const reference =
    earlier.length > 0 && random.chance(0.5)
      ? `{{${random.pick(earlier)}.${random.pick(['output', 'status', 'costUSD'])}}}`
      : '{{input.topic}}';
  const roll = random.next();
  if (roll < 0.5) {
    return {
      action: 'generate',
      input: { prompt: `About ${reference}`, maxTokens: random.between(1, 200) },
      ...randomRouting(random),
      ...(random.chance(0.1) && { maxCostUSD: random.pick([0, 0.000001, 0.01]) }),
      ...(random.chance(0.3) && { timeoutMs: random.pick([500, 2_000, 60_000]) }),
    };
  }
  if (roll < 0.65) return { action: 'noop' };
  if (roll < 0.8) return { action: 'transform', set: { value: reference, depth: '{{input.depth}}' } };
  if (roll < 0.95) return { action: 'delay', delayMs: random.pick([0, 10, 1_500, 2_500, 30_000]) };
  return { action: 'fail', error: 'Custom.Planned', message: `on purpose ${reference}` };
}

/** A valid workflow over every feature of the language, and an input for it. */
export function randomWorkflow(random: SeededRandom): { readonly definition: JsonObject; readonly input: JsonValue } {
  const count = random.between(1, 6);
  const ids = Array.from({ length: count }, (_, index) => `s${index}`);
  const steps = ids.map((id, index): JsonObject => {
    const later = ids.slice(index + 1);
    return {
      id,
      ...randomWork(random, ids.slice(0, index)),
      ...(random.chance(0.2) && { when: randomWhen(random, ids.slice(0, index)) }),
      ...(random.chance(0.5) && { retry: randomRetry(random) }),
      ...(random.chance(0.2) && { onSuccess: random.pick([...later, 'end']) }),
      ...(random.chance(0.3) && { onFailure: random.pick([...later, 'end', 'fail']) }),
    };
  });
  return {
    definition: {
      name: 'simulated',
      ...(random.chance(0.2) && { maxCostUSD: random.pick([0.000001, 0.000005, 0.1]) }),
      steps,
    },
    input: { topic: 'x'.repeat(random.between(0, 30)), depth: random.between(0, 4), flag: random.chance(0.5) },
  };
}
