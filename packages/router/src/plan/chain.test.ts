import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type Reply } from '../testing/fake-providers.ts';
import { anyCall, failed, planOf, refusalOf } from '../testing/requests.ts';
import { stopTime } from '../testing/virtual-time.ts';

let clock: ReturnType<typeof stopTime>;
beforeEach(() => {
  clock = stopTime();
});
afterEach(() => {
  vi.useRealTimers();
});

const three = [{ id: 'alpha' }, { id: 'beta' }, { id: 'gamma' }];
function setUp(config: ConstructorParameters<typeof RouterEngine>[0] = {}, replies: Record<string, Reply[]> = {}) {
  const fake = createFakeRegistry(three, ({ provider }) => replies[provider]?.shift() ?? 'ok');
  const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, clock, random: () => 0.5, ...config });
  return { ...fake, router };
}
const rateLimited = (retryAfterMs?: number) => ({
  name: 'Provider.RateLimited' as const,
  message: 'slow down',
  retryable: true,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const local = { name: 'Provider.Overloaded' as const, message: 'held back', retryable: true, isLocal: true, retryAfterMs: 100 };

describe('a cool-down', () => {
  const named = { provider: 'alpha' };

  it('holds back every call but those whose caller waits by a policy of its own', async () => {
    const { router, calls } = setUp({}, { alpha: [rateLimited(60_000), 'ok'] });
    await expect(router.call(planOf(router, named), anyCall())).rejects.toThrow('slow down');
    expect(router.plan({ prompt: 'hello', ...named })).toMatchObject({
      ok: false,
      error: { name: 'Provider.RateLimited', isLocal: true, retryAfterMs: 60_000 },
      heldBack: { provider: 'alpha', model: 'alpha-1' },
    });
    const plan = planOf(router, named, [], { ignoresCoolDowns: true });
    await router.call(plan, anyCall());
    expect(calls).toHaveLength(2);
  });
});

describe('after a failed call', () => {
  it.each([
    'Provider.Auth',
    'Provider.QuotaExceeded',
    'Provider.RateLimited',
    'Provider.Overloaded',
    'Provider.Unavailable',
    'Provider.Timeout',
    'Provider.Truncated',
  ] as const)('%s goes to the next provider at once', (name) => {
    const plan = planOf(setUp().router, {}, [failed(name, 'alpha')]);
    expect(plan).toMatchObject({ provider: 'beta', routing: { reason: expect.stringContaining(name) } });
    expect(plan.delayMs).toBeUndefined();
    expect(plan.routing?.rejected).toContainEqual(expect.objectContaining({ provider: 'alpha', code: 'failed-before' }));
  });

  it.each(['Provider.InvalidRequest', 'Provider.ContentFiltered', 'Run.Cancelled', 'Budget.Exceeded'] as const)(
    '%s ends the try with that error',
    (name) => {
      expect(refusalOf(setUp().router, {}, [failed(name, 'alpha')])).toMatchObject({ name, isExhausted: true });
    },
  );

  it.each([404, 308])('a model or address that is not there (%s) goes to the next provider, and is not asked again', (status) => {
    const { router } = setUp();
    const gone = failed({ name: 'Provider.InvalidRequest', message: 'not there', retryable: false, status }, 'alpha');
    expect(planOf(router, {}, [gone])).toMatchObject({ provider: 'beta' });
    expect(refusalOf(router, { provider: 'alpha' }, [gone])).toMatchObject({ status, isExhausted: true });
  });

  it('a refusal of our own goes on, whatever its name, and counts as no call', () => {
    const { router } = setUp({ maxRetries: 0 });
    const refused = failed({ ...local, name: 'Provider.InvalidRequest', retryable: false }, 'alpha');
    expect(planOf(router, {}, [refused]).provider).toBe('beta');
  });

  it('too long an input goes to a larger context only', () => {
    const fake = createFakeRegistry([
      { id: 'mid', models: [{ model: 'mid-1', contextTokens: 50_000 }] },
      { id: 'small', models: [{ model: 'small-1', contextTokens: 50_000 }] },
      { id: 'large', models: [{ model: 'large-1', contextTokens: 200_000 }] },
    ]);
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, clock });
    const plan = planOf(router, {}, [failed('Provider.ContextLength', 'mid')]);
    expect(plan.provider).toBe('large');
    expect(plan.routing?.rejected).toContainEqual(expect.objectContaining({ provider: 'small', code: 'context-length' }));
    const both = [failed('Provider.ContextLength', 'mid'), failed('Provider.ContextLength', 'large')];
    expect(refusalOf(router, {}, both)).toMatchObject({ name: 'Provider.ContextLength', isExhausted: true });
  });

  it('makes at most maxRetries further calls', () => {
    const previous = [failed('Provider.Overloaded', 'alpha'), failed('Provider.Timeout', 'beta')];
    expect(planOf(setUp().router, {}, previous).provider).toBe('gamma');
    expect(refusalOf(setUp({ maxRetries: 1 }).router, {}, previous)).toMatchObject({
      name: 'Provider.Timeout',
      isExhausted: true,
    });
    const { router } = setUp();
    expect(router.plan({ prompt: 'x' }, previous, { maxRetries: 1 })).toMatchObject({ ok: false, isExhausted: true });
  });

  it('stays with the first choice when fallback is switched off', () => {
    const plan = planOf(setUp({ enableFallback: false }).router, {}, [failed('Provider.Overloaded', 'alpha')]);
    expect(plan).toMatchObject({ provider: 'alpha', delayMs: 250 });
    expect(refusalOf(setUp({ enableFallback: false }).router, {}, [failed('Provider.Auth', 'alpha')]).isExhausted).toBe(true);
  });
});

describe('when nobody else is left', () => {
  const named = { provider: 'alpha' };

  it('the same call is made again after a growing, jittered pause', () => {
    const { router } = setUp();
    const overloaded = failed('Provider.Overloaded', 'alpha');
    expect(planOf(router, named, [overloaded]).delayMs).toBe(250);
    expect(planOf(router, named, [overloaded, overloaded]).delayMs).toBe(500);
    expect(refusalOf(router, named, [overloaded, overloaded, overloaded]).isExhausted).toBe(true);
  });

  it('Retry-After is obeyed up to 30 seconds', () => {
    const { router } = setUp();
    const delayMs = planOf(router, named, [failed(rateLimited(2_000), 'alpha')]).delayMs;
    expect(delayMs).toBeGreaterThanOrEqual(2_000);
    expect(delayMs).toBeLessThanOrEqual(2_200);
    expect(refusalOf(router, named, [failed(rateLimited(31_000), 'alpha')])).toMatchObject({
      name: 'Provider.RateLimited',
      isExhausted: true,
    });
  });

  it('a refused key is not tried again, but one that was overloaded is', () => {
    const { router } = setUp();
    const previous = [failed('Provider.Overloaded', 'alpha'), failed('Provider.Auth', 'beta')];
    const request = { provider: 'alpha', fallbacks: [{ provider: 'beta' }] };
    expect(planOf(router, request, previous)).toMatchObject({ provider: 'alpha', delayMs: 250, isRepeat: true });
  });

  it('what the vendor says is pointless is not repeated', () => {
    const hopeless = failed({ name: 'Provider.Overloaded', message: 'x', retryable: false }, 'alpha');
    expect(refusalOf(setUp().router, named, [hopeless]).isExhausted).toBe(true);
  });

  it('a local refusal is waited for once', () => {
    const { router } = setUp();
    const held = failed(local, 'alpha');
    const plan = planOf(router, named, [held]);
    expect(plan.delayMs).toBeGreaterThanOrEqual(100);
    // Nothing was sent yet, so no retry budget is used.
    expect(plan.isRepeat).toBeUndefined();
    expect(refusalOf(router, named, [held, held])).toMatchObject({ isExhausted: true, isLocal: true });
  });

  it('one that is only pausing gets its first call after its pause', async () => {
    const { router } = setUp({}, { beta: [rateLimited(4_000)] });
    const request = { provider: 'alpha', fallbacks: [{ provider: 'beta' }] };
    await router.call(planOf(router, { provider: 'beta' }), anyCall()).catch(() => undefined);
    const plan = planOf(router, request, [failed('Provider.Auth', 'alpha')]);
    expect(plan).toMatchObject({ provider: 'beta', delayMs: 4_000 });
    expect(plan.isRepeat).toBeUndefined();
  });

  it('an open circuit is not waited for', async () => {
    const { router } = setUp({ breaker: { consecutiveFailures: 2 } }, { alpha: ['Provider.Timeout', 'Provider.Timeout'] });
    await expect(router.generate({ prompt: 'x', ...named }, anyCall())).rejects.toMatchObject({
      error: { name: 'Provider.Timeout' },
    });
    expect(clock.slept).toHaveLength(1);
  });

  it('retries are a tenth of the calls of a provider, ten a minute at least', async () => {
    const { router } = setUp();
    const previous = [failed('Provider.Overloaded', 'alpha')];
    const retryOnce = () => router.call(planOf(router, named, previous), anyCall());
    for (let retry = 0; retry < 10; retry++) await retryOnce();
    expect(refusalOf(router, named, previous)).toMatchObject({ name: 'Provider.Overloaded', isExhausted: true });
    for (let call = 0; call < 100; call++) await router.call(planOf(router, named), anyCall());
    await retryOnce();
    expect(refusalOf(router, named, previous).isExhausted).toBe(true);
    clock.advance(60_001);
    await retryOnce();
  });
});

describe('what calls have taught', () => {
  it('a provider that asked for a pause is left alone until it is over', async () => {
    const { router, called } = setUp({}, { alpha: [rateLimited(20_000)] });
    await router.generate({ prompt: 'x' }, anyCall());
    expect(called()).toEqual(['alpha', 'beta']);
    expect(planOf(router)).toMatchObject({
      provider: 'beta',
      routing: { rejected: [{ provider: 'alpha', code: 'cooling-down' }] },
    });
    expect(refusalOf(router, { provider: 'alpha' })).toMatchObject({
      name: 'Provider.RateLimited',
      retryable: true,
      isLocal: true,
      retryAfterMs: 20_000,
      isExhausted: false,
    });
    clock.advance(20_000);
    expect(planOf(router).provider).toBe('alpha');
  });

  it.each([
    [undefined, 5_000],
    [3_600_000, 300_000],
  ])('a pause of %s ms lasts %s ms', async (asked, lasts) => {
    const { router } = setUp({}, { alpha: [rateLimited(asked)] });
    await router.generate({ prompt: 'x' }, anyCall());
    clock.advance(lasts - 1);
    expect(planOf(router).provider).toBe('beta');
    clock.advance(1);
    expect(planOf(router).provider).toBe('alpha');
  });

  it.each(['Provider.Auth', 'Provider.QuotaExceeded'] as const)('%s sets a provider aside for a minute', async (name) => {
    const { router, called } = setUp({}, { alpha: [name] });
    await router.generate({ prompt: 'x' }, anyCall());
    await router.generate({ prompt: 'x' }, anyCall());
    expect(called()).toEqual(['alpha', 'beta', 'beta']);
    expect(refusalOf(router, { provider: 'alpha' })).toMatchObject({ name, retryable: false, isLocal: true });
    clock.advance(60_000);
    expect(planOf(router).provider).toBe('alpha');
  });

  it('a 403 sets one model aside, not the provider', async () => {
    const forbidden = { name: 'Provider.Auth' as const, message: 'no access to this model', retryable: false, status: 403 };
    const { router } = setUp({}, { alpha: [forbidden] });
    const request = { provider: 'alpha', fallbacks: [{ provider: 'alpha', model: 'other' }] };
    await expect(router.generate({ prompt: 'x', ...request }, { ...anyCall(), approved: true })).resolves.toMatchObject({
      provider: 'alpha',
      model: 'other',
    });
    expect(refusalOf(router, { provider: 'alpha' })).toMatchObject({ name: 'Provider.Auth', isLocal: true });
    expect(planOf(router, { provider: 'alpha', model: 'other' }).model).toBe('other');
  });

  it('a plan made before the pause began is not carried out', async () => {
    const { router, called } = setUp({}, { alpha: [rateLimited(1_000)] });
    const [first, second] = [planOf(router), planOf(router)];
    await expect(router.call(first, anyCall())).rejects.toMatchObject({ error: { name: 'Provider.RateLimited' } });
    await expect(router.call(second, anyCall())).rejects.toMatchObject({
      costNanoUsd: 0,
      costBasis: 'none',
      error: { name: 'Provider.RateLimited', isLocal: true, retryAfterMs: 1_000 },
    });
    expect(called()).toEqual(['alpha']);
  });

  it('failures count as slow', async () => {
    const { router } = setUp({ routingStrategy: 'fastest' }, { alpha: ['Provider.Overloaded'] });
    expect(planOf(router).provider).toBe('alpha');
    await router.generate({ prompt: 'x' }, anyCall());
    expect(planOf(router).provider).toBe('beta');
    expect(router.getFastestProvider()?.name).toBe('beta');
  });
});

describe('generate', () => {
  it('tells of every call', async () => {
    const records: unknown[] = [];
    const { router } = setUp({ onDecision: (record) => records.push(record) }, { alpha: ['Provider.Overloaded'] });
    const answer = await router.generate({ prompt: 'x' }, anyCall());
    expect(answer).toMatchObject({
      provider: 'beta',
      routing: { provider: 'beta' },
      attempts: [
        { provider: 'alpha', outcome: 'failed', error: 'Provider.Overloaded', costUSD: 0 },
        { provider: 'beta', outcome: 'ok', costUSD: 3e-8 },
      ],
    });
    expect(records).toMatchObject([
      { decision: { provider: 'alpha' }, attempt: { outcome: 'failed', error: 'Provider.Overloaded' } },
      { decision: { provider: 'beta' }, attempt: { outcome: 'ok' } },
    ]);
  });

  it('waits for the same provider and ends with the last error', async () => {
    const { router, calls } = setUp({}, { alpha: [rateLimited(1_500), 'Provider.Overloaded', 'Provider.Timeout'] });
    await expect(router.generate({ prompt: 'x', provider: 'alpha' }, anyCall())).rejects.toMatchObject({
      error: { name: 'Provider.Timeout' },
    });
    expect(calls).toHaveLength(3);
    expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(1_500);
  });

  it('refuses what needs approval, unless it was given', async () => {
    const { router, calls } = setUp({ autoApproveThresholdUSD: 0 });
    await expect(router.generate({ prompt: 'x' }, anyCall())).rejects.toMatchObject({
      error: { name: 'Approval.Rejected', isLocal: true, message: expect.stringMatching(/\$0\.00\d+; above \$0 /) },
    });
    expect(calls).toEqual([]);
    await expect(router.generate({ prompt: 'x' }, { ...anyCall(), approved: true })).resolves.toMatchObject({
      provider: 'alpha',
    });
  });

  it('ends a pause when its caller gives up', async () => {
    vi.useRealTimers();
    const fake = createFakeRegistry([{ id: 'alpha' }], () => rateLimited(20_000));
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys });
    const controller = new AbortController();
    const answer = router.generate({ prompt: 'x' }, anyCall(controller.signal));
    await vi.waitFor(() => expect(fake.calls).toHaveLength(1));
    controller.abort();
    await expect(answer).rejects.toMatchObject({ error: { name: 'Run.Cancelled' } });
    expect(fake.calls).toHaveLength(1);
  });

  it('filters the parameters of every fallback anew', async () => {
    const replies: Reply[] = ['Provider.Overloaded', 'ok'];
    const fake = createFakeRegistry(
      [{ id: 'alpha' }, { id: 'beta', models: [{ model: 'beta-1', rejects: ['temperature'], defaultMaxTokens: 77 }] }],
      () => replies.shift() ?? 'ok',
    );
    const router = new RouterEngine({ registry: fake.registry, providers: fake.keys, clock });
    const answer = await router.generate(
      { prompt: 'x', temperature: 0.5, provider: 'alpha', fallbacks: [{ provider: 'beta' }] },
      anyCall(),
    );
    expect(answer.warnings).toEqual(['temperature was left out: beta-1 rejects it.']);
    expect(fake.calls.map(({ request }) => request)).toMatchObject([
      { model: 'alpha-1', maxTokens: 1_000 },
      { model: 'beta-1', maxTokens: 77 },
    ]);
  });

  it('goes on when the audit hook throws', async () => {
    const warnings: string[] = [];
    const { router } = setUp({
      onDecision: () => {
        throw new Error('full disk');
      },
      log: { warn: (_, message) => warnings.push(message) },
    });
    await expect(router.generate({ prompt: 'x' }, anyCall())).resolves.toMatchObject({ provider: 'alpha' });
    expect(warnings).toEqual(['the audit hook of the router failed']);
  });
});
