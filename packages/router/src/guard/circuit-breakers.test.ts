import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type Reply } from '../testing/fake-providers.ts';
import { anyCall, planOf, refusalOf } from '../testing/requests.ts';
import { stopTime } from '../testing/virtual-time.ts';

let clock: ReturnType<typeof stopTime>;
beforeEach(() => {
  clock = stopTime();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A router whose provider answers as the test says at that moment. */
function setUp() {
  const now: { reply: Reply } = { reply: 'ok' };
  const fake = createFakeRegistry([{ id: 'alpha', models: [{ model: 'alpha-1' }, { model: 'alpha-2' }] }], () => now.reply);
  const breaker = { consecutiveFailures: 3, halfOpenAfterMs: 10_000 };
  const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, clock, breaker });
  const call = (model = 'alpha-1') => router.call(planOf(router, { provider: 'alpha', model }), anyCall());
  const fail = async (times: number, reply: Reply = 'Provider.Overloaded') => {
    now.reply = reply;
    for (let time = 0; time < times; time++) await call().catch(() => undefined);
  };
  const circuit = async () => (await router.health({ maxAgeMs: 0 })).providers.alpha?.circuits?.['alpha-1'];
  return { ...fake, router, now, call, fail, circuit };
}

describe('a circuit', () => {
  it('opens after so many transient failures in a row, for that model alone', async () => {
    const { router, fail, calls, circuit } = setUp();
    await fail(2);
    await fail(1, 'ok');
    await fail(2);
    expect(planOf(router, { provider: 'alpha' }).model).toBe('alpha-1');
    await fail(1);
    expect(calls).toHaveLength(6);
    expect(refusalOf(router, { provider: 'alpha', model: 'alpha-1' })).toMatchObject({
      name: 'Provider.Overloaded',
      isLocal: true,
      retryable: true,
      retryAfterMs: 10_000,
    });
    expect(planOf(router, { provider: 'alpha', model: 'alpha-2' }).model).toBe('alpha-2');
    expect(await circuit()).toBe('open');
    expect(router.troubledCircuits()).toEqual({ alpha: { 'alpha-1': 'open' } });
    clock.advance(10_000);
    await fail(1, 'ok');
    expect(router.troubledCircuits()).toEqual({});
  });

  it.each(['Provider.Timeout', 'Provider.Unavailable', 'Provider.Truncated'] as const)('counts %s', async (name) => {
    const { fail, circuit } = setUp();
    await fail(3, name);
    expect(await circuit()).toBe('open');
  });

  it.each(['Provider.InvalidRequest', 'Provider.ContextLength', 'Provider.ContentFiltered', 'Run.Cancelled'] as const)(
    'does not count %s',
    async (name) => {
      const { fail, circuit } = setUp();
      await fail(5, name);
      expect(await circuit()).toBe('closed');
    },
  );

  it.each(['Provider.RateLimited', 'Provider.Auth'] as const)('does not count %s', async (name) => {
    const { router, fail, circuit } = setUp();
    for (let time = 0; time < 5; time++) {
      await fail(1, name);
      clock.advance(60_000);
    }
    expect(await circuit()).toBe('closed');
    expect(planOf(router).provider).toBe('alpha');
  });

  it('lets exactly one probe through once its pause is over', async () => {
    const { router, now, fail, call, calls, circuit } = setUp();
    await fail(3);
    clock.advance(9_999);
    expect(refusalOf(router).retryAfterMs).toBe(1);
    clock.advance(1);
    expect(await circuit()).toBe('half-open');
    const plans = Array.from({ length: 20 }, () => planOf(router));
    const answer = Promise.withResolvers<'ok'>();
    now.reply = answer.promise;
    const before = calls.length;
    const outcomes = Promise.allSettled(plans.map((plan) => router.call(plan, anyCall())));
    await vi.waitFor(() => expect(calls).toHaveLength(before + 1));
    expect(refusalOf(router)).toMatchObject({ isLocal: true, name: 'Provider.Overloaded' });
    answer.resolve('ok');
    const settled = await outcomes;
    expect(calls).toHaveLength(before + 1);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of settled) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ costNanoUsd: 0, error: { isLocal: true } });
    }
    expect(await circuit()).toBe('closed');
    now.reply = 'ok';
    await expect(call()).resolves.toMatchObject({ provider: 'alpha' });
  });

  it('stays open after a failed or a cancelled probe, and closes when the vendor answers with a refusal', async () => {
    const { router, fail, circuit } = setUp();
    await fail(3);
    for (const reply of ['Provider.Timeout', 'Run.Cancelled'] as const) {
      clock.advance(10_000);
      await fail(1, reply);
      expect(await circuit()).toBe('open');
      expect(refusalOf(router).retryAfterMs).toBe(10_000);
    }
    clock.advance(10_000);
    await fail(1, 'Provider.InvalidRequest');
    expect(await circuit()).toBe('closed');
  });

  it('is not disturbed by a call from before that is cancelled during a probe', async () => {
    const { router, now, fail, calls, circuit } = setUp();
    const slow = Promise.withResolvers<'Run.Cancelled'>();
    now.reply = slow.promise;
    const early = router.call(planOf(router), anyCall()).catch(() => undefined);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await fail(3);
    clock.advance(10_000);
    const answer = Promise.withResolvers<'ok'>();
    now.reply = answer.promise;
    const probe = router.call(planOf(router), anyCall());
    await vi.waitFor(() => expect(calls).toHaveLength(5));
    slow.resolve('Run.Cancelled');
    await early;
    answer.resolve('ok');
    await expect(probe).resolves.toMatchObject({ provider: 'alpha' });
    expect(await circuit()).toBe('closed');
  });

  it('is not fed by refusals of our own', async () => {
    const { router, fail, calls, circuit } = setUp();
    const plan = planOf(router);
    await fail(3);
    for (let time = 0; time < 10; time++) {
      await expect(router.call(plan, anyCall())).rejects.toMatchObject({ error: { isLocal: true } });
    }
    expect(calls).toHaveLength(3);
    clock.advance(10_000);
    expect(await circuit()).toBe('half-open');
  });

  it('gets its probe back from a stream whose reader left', async () => {
    vi.useRealTimers();
    const replies: Reply[] = ['Provider.Overloaded'];
    const fake = createFakeRegistry([{ id: 'alpha' }], () => replies.shift() ?? 'ok');
    const breaker = { consecutiveFailures: 1, halfOpenAfterMs: 0 };
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, breaker });
    const request = { prompt: 'x' };
    await router.call(planOf(router), anyCall()).catch(() => undefined);
    for await (const _ of router.stream(request, { ...anyCall(), timeoutMs: 5 })) break;
    await vi.waitFor(() => expect(planOf(router).provider).toBe('alpha'));
    await expect(router.generate(request, anyCall())).resolves.toMatchObject({ provider: 'alpha' });
  });
});
