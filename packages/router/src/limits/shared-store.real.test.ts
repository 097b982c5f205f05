import { randomUUID } from 'node:crypto';
import { createSharedLimits } from '@orchestrator/queue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startServer, type TestServer } from '../../../queue/src/testing/test-server.ts';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type Reply } from '../testing/fake-providers.ts';
import { anyCall, planOf } from '../testing/requests.ts';
import type { ProviderLimits } from './limiter-factory.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe.each(['redis', 'postgres'] as const)('workers that count on one %s', (type) => {
  let server: TestServer;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    server = await startServer[type]();
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
  });
  afterAll(() => server.dispose());

  /** Three workers, each with connections of its own. */
  async function setUp(limits: ProviderLimits, reply: () => Reply = () => 'ok') {
    const fake = createFakeRegistry([{ id: 'alpha' }, { id: 'beta' }], reply);
    const prefix = `t${randomUUID().slice(0, 8)}`;
    const workers = await Promise.all(
      [1, 2, 3].map(async () => {
        const { factory, close } = await createSharedLimits({ backend: server.backend, prefix, log, commandTimeoutMs: 10_000 });
        closing.push(close);
        return new RouterEngine({
          registry: fake.registry,
          providers: fake.keys,
          limits: { alpha: limits },
          limiterFactory: factory,
        });
      }),
    );
    const callAll = (times: number, maxTokens = 100) =>
      Promise.allSettled(
        Array.from({ length: times }, (_, index) => {
          const router = workers[index % workers.length];
          if (router === undefined) throw new Error('no worker');
          // All are planned before the first is refused.
          const plan = planOf(router, { provider: 'alpha', maxTokens });
          return router.call(plan, anyCall());
        }),
      );
    return { ...fake, workers, callAll };
  }
  const refusals = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
    outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));

  it('make no more requests than allowed', async () => {
    const { calls, callAll } = await setUp({ requestsPerMinute: 10 });
    const outcomes = await callAll(30);
    expect(calls).toHaveLength(10);
    expect(refusals(outcomes)).toHaveLength(20);
    for (const reason of refusals(outcomes)) {
      expect(reason).toMatchObject({ costNanoUsd: 0, error: { name: 'Provider.RateLimited', isLocal: true } });
    }
  });

  it('never have more calls in flight than allowed, and get their slots back', async () => {
    let gate = Promise.withResolvers<'ok'>();
    let inFlight = 0;
    let most = 0;
    const { calls, callAll } = await setUp({ maxConcurrent: 4 }, () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      return gate.promise.finally(() => {
        inFlight -= 1;
      });
    });
    const outcomes = callAll(12);
    await vi.waitFor(() => expect(calls.length).toBeGreaterThanOrEqual(4), { timeout: 5_000 });
    gate.resolve('ok');
    expect(refusals(await outcomes)).toHaveLength(12 - calls.length);
    expect(most).toBe(4);
    gate = Promise.withResolvers<'ok'>();
    gate.resolve('ok');
    const before = calls.length;
    await vi.waitFor(async () => {
      await callAll(1);
      expect(calls.length).toBeGreaterThan(before);
    }, 5_000);
  });

  it('give back the tokens that a call did not use', async () => {
    const { callAll, calls } = await setUp({ tokensPerMinute: 3_000 });
    // Each takes over a thousand and uses 30.
    for (let round = 0; round < 8; round++) {
      await vi.waitFor(async () => expect(refusals(await callAll(1, 1_000))).toEqual([]), 5_000);
    }
    expect(calls).toHaveLength(8);
  });

  it('hear of a pause that a vendor asked one of them for', async () => {
    const replies: Reply[] = [{ name: 'Provider.RateLimited', message: 'slow down', retryable: true, retryAfterMs: 60_000 }];
    const { workers, callAll, called } = await setUp({}, () => replies.shift() ?? 'ok');
    await callAll(1);
    const other = workers[1];
    if (other === undefined) throw new Error('no worker');
    await vi.waitFor(async () => {
      await other.generate({ prompt: 'x', provider: 'beta' }, anyCall());
      expect(planOf(other).provider).toBe('beta');
    }, 5_000);
    expect(called().filter((id) => id === 'alpha')).toHaveLength(1);
  });
});
