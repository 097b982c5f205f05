import type { BuiltInStepErrorName, Capability, ModelRequest, StepError } from '@orchestrator/contracts';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureClassOf } from '../guard/failure-class.ts';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, failure, type Reply, type SeenCall } from '../testing/fake-providers.ts';
import { anyCall } from '../testing/requests.ts';
import { stopTime } from '../testing/virtual-time.ts';

afterEach(() => {
  vi.useRealTimers();
});

const names = [
  'Provider.Auth',
  'Provider.QuotaExceeded',
  'Provider.Overloaded',
  'Provider.Unavailable',
  'Provider.Timeout',
  'Provider.Truncated',
  'Provider.InvalidRequest',
  'Provider.ContextLength',
  'Provider.ContentFiltered',
] as const satisfies readonly BuiltInStepErrorName[];

const replyArbitrary: fc.Arbitrary<Exclude<Reply, Promise<unknown>>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('ok' as const) },
  { weight: 4, arbitrary: fc.constantFrom(...names) },
  {
    weight: 2,
    arbitrary: fc
      .option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined })
      .map((retryAfterMs) => rateLimited(retryAfterMs)),
  },
);

function rateLimited(retryAfterMs: number | undefined): StepError {
  const error = { name: 'Provider.RateLimited' as const, message: 'slow down', retryable: true };
  return retryAfterMs === undefined ? error : { ...error, retryAfterMs };
}

const capabilityArbitrary = fc.constantFrom<Capability>('vision', 'functions');
const worldArbitrary = fc.record({
  providers: fc.array(
    fc.record({
      capabilities: fc.uniqueArray(capabilityArbitrary),
      contextTokens: fc.constantFrom(50_000, 100_000, 200_000),
      inputPer1M: fc.integer({ min: 1, max: 5 }),
      // Four of five.
      isConfigured: fc.nat(4).map((n) => n > 0),
    }),
    { minLength: 1, maxLength: 4, size: 'max' },
  ),
  strategy: fc.constantFrom('cheapest' as const, 'fastest' as const, 'weighted' as const, 'priority' as const),
  enableFallback: fc.nat(4).map((n) => n > 0),
  maxRetries: fc.integer({ min: 0, max: 4 }),
  requests: fc.array(
    fc.record({
      pauseMs: fc.integer({ min: 0, max: 40_000 }),
      requires: fc.option(fc.uniqueArray(capabilityArbitrary, { minLength: 1 }), { nil: undefined }),
      named: fc.option(fc.nat(3), { nil: undefined }),
      replies: fc.array(replyArbitrary, { maxLength: 6, size: 'max' }),
    }),
    { minLength: 5, maxLength: 25, size: 'max' },
  ),
  random: fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
});

const halfOpenAfterMs = 8_000;
const consecutiveFailures = 2;

/** What the vendors have said so far, kept independently of the router, to judge each further call by. */
function createJudge(capabilitiesOf: ReadonlyMap<string, readonly Capability[]>) {
  const pausedUntil = new Map<string, number>();
  const failuresOf = new Map<string, { inARow: number; openedAtMs: number | undefined }>();
  return {
    see({ provider, atMs }: SeenCall, requires: readonly Capability[], reply: Exclude<Reply, Promise<unknown>>): void {
      expect(requires.filter((capability) => !capabilitiesOf.get(provider)?.includes(capability))).toEqual([]);
      expect(atMs).toBeGreaterThanOrEqual(pausedUntil.get(provider) ?? 0);
      const circuit = failuresOf.get(provider) ?? { inARow: 0, openedAtMs: undefined };
      failuresOf.set(provider, circuit);
      if (circuit.openedAtMs !== undefined) expect(atMs).toBeGreaterThanOrEqual(circuit.openedAtMs + halfOpenAfterMs);

      const error = reply === 'ok' ? undefined : failure(reply, provider).error;
      const failed = error === undefined ? undefined : failureClassOf(error);
      if (failed === 'rate') pausedUntil.set(provider, atMs + Math.min(300_000, error?.retryAfterMs ?? 5_000));
      if (failed === 'key') pausedUntil.set(provider, atMs + 60_000);
      if (failed === 'transient') {
        circuit.inARow += 1;
        if (circuit.openedAtMs !== undefined || circuit.inARow >= consecutiveFailures) circuit.openedAtMs = atMs;
      } else if (failed === undefined || circuit.openedAtMs !== undefined) {
        circuit.inARow = 0;
        circuit.openedAtMs = undefined;
      }
    },
  };
}

describe('with any outcomes', () => {
  it('a chain keeps every rule', async () => {
    const seenKinds = { ok: 0, failed: 0, held: 0, repeated: 0, fellOver: 0 };
    await fc.assert(
      fc.asyncProperty(worldArbitrary, async (world) => {
        const clock = stopTime();
        const random = world.random[Symbol.iterator]();
        const replies: Exclude<Reply, Promise<unknown>>[] = [];
        let requires: readonly Capability[] = [];
        const capabilitiesOf = new Map(world.providers.map(({ capabilities }, index) => [`p${index}`, capabilities]));
        const judge = createJudge(capabilitiesOf);
        const fake = createFakeRegistry(
          world.providers.map(({ capabilities, contextTokens, inputPer1M }, index) => ({
            id: `p${index}`,
            models: [{ model: `p${index}-1`, capabilities: ['text' as const, ...capabilities], contextTokens, inputPer1M }],
          })),
          (call) => {
            const reply = replies.shift() ?? 'ok';
            judge.see(call, requires, reply);
            return reply;
          },
        );
        const keys = Object.entries(fake.keys).filter((_, index) => world.providers[index]?.isConfigured);
        fc.pre(keys.length > 0);
        const router = new RouterEngine({
          registry: fake.registry,
          providers: Object.fromEntries(keys),
          routingStrategy: world.strategy,
          enableFallback: world.enableFallback,
          maxRetries: world.maxRetries,
          breaker: { consecutiveFailures, halfOpenAfterMs },
          clock,
          random: () => random.next().value ?? 0,
        });
        for (const step of world.requests) {
          clock.advance(step.pauseMs);
          requires = step.requires ?? [];
          replies.splice(0, replies.length, ...step.replies);
          const before = fake.calls.length;
          const request: ModelRequest = {
            prompt: 'x',
            ...(step.requires === undefined ? {} : { requires: step.requires }),
            ...(step.named !== undefined && step.named < world.providers.length ? { provider: `p${step.named}` } : {}),
          };
          const planned = router.plan(request);
          if (planned.ok) {
            const { candidates = [], rejected = [] } = planned.plan.routing ?? {};
            const spokenOf = new Set([...candidates, ...rejected].map(({ provider }) => provider));
            expect(spokenOf.size).toBe(world.providers.length);
            expect(candidates[0]).toMatchObject({ provider: planned.plan.provider, model: planned.plan.model });
          }
          const outcome = await router.generate(request, anyCall()).then(
            (result) => ({ result }),
            (error: unknown) => ({ error }),
          );
          const calls = fake.calls.slice(before);
          expect(calls.length).toBeLessThanOrEqual(1 + world.maxRetries);
          if (!world.enableFallback || request.provider !== undefined) {
            expect(new Set(calls.map(({ provider }) => provider)).size).toBeLessThanOrEqual(1);
          }
          const last = calls.length === 0 ? undefined : (step.replies[calls.length - 1] ?? 'ok');
          if ('result' in outcome) {
            expect(last).toBe('ok');
            expect(outcome.result.attempts.filter(({ isLocal }) => isLocal !== true)).toHaveLength(calls.length);
            seenKinds.ok += 1;
          } else {
            expect(last).not.toBe('ok');
            // What the caller is told is what the last vendor said, or that nobody could be asked.
            const name = last === undefined || last === 'ok' ? undefined : failure(last, 'x').error.name;
            expect(outcome.error).toMatchObject({ error: name === undefined ? { retryable: expect.any(Boolean) } : { name } });
            seenKinds[calls.length === 0 ? 'held' : 'failed'] += 1;
          }
          const providers = new Set(calls.map(({ provider }) => provider)).size;
          if (providers > 1) seenKinds.fellOver += 1;
          if (providers < calls.length) seenKinds.repeated += 1;
        }
      }),
      { numRuns: 200 },
    );
    // The worlds must have been rich enough for the rules to mean something.
    for (const [kind, times] of Object.entries(seenKinds)) expect(times, kind).toBeGreaterThan(20);
  });
});
