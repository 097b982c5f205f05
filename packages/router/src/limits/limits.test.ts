import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type Reply } from '../testing/fake-providers.ts';
import { anyCall, planOf, refusalOf } from '../testing/requests.ts';
import type { LimiterFactory, ProviderLimits } from './limiter-factory.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A store that several routers share, as several workers do; memory, since the stores behind the real factories count alike. */
function sharedStore(): LimiterFactory {
  const limiters = new Map<string, RateLimiterMemory>();
  return ({ keyPrefix, points, durationS }) => {
    const limiter = limiters.get(keyPrefix) ?? new RateLimiterMemory({ keyPrefix, points, duration: durationS });
    limiters.set(keyPrefix, limiter);
    return limiter;
  };
}

function setUp(limits: ProviderLimits, reply: () => Reply = () => 'ok', limiterFactory = sharedStore()) {
  const fake = createFakeRegistry([{ id: 'alpha' }, { id: 'beta' }], reply);
  const worker = () =>
    new RouterEngine({
      registry: fake.registry,
      providers: fake.keys,
      limits: { alpha: limits },
      limiterFactory,
      random: () => 0,
    });
  return { ...fake, worker };
}
const callAlpha = (router: RouterEngine, maxTokens = 100) =>
  router.call(planOf(router, { provider: 'alpha', maxTokens }), anyCall());

describe('requests per minute', () => {
  it('are counted over all workers, and others answer meanwhile', async () => {
    const { worker, called } = setUp({ requestsPerMinute: 3 });
    const [one, two] = [worker(), worker()];
    await Promise.all([callAlpha(one), callAlpha(two), callAlpha(one)]);
    await expect(callAlpha(two)).rejects.toMatchObject({
      costNanoUsd: 0,
      error: { name: 'Provider.RateLimited', isLocal: true, retryable: true, retryAfterMs: expect.any(Number) },
    });
    expect(refusalOf(two, { provider: 'alpha' }).retryAfterMs).toBeGreaterThan(50_000);
    expect(planOf(two).routing?.rejected).toMatchObject([{ provider: 'alpha', code: 'rate-limited' }]);
    await expect(one.generate({ prompt: 'x' }, anyCall())).resolves.toMatchObject({
      provider: 'beta',
      attempts: [{ provider: 'alpha', isLocal: true }, { provider: 'beta' }],
    });
    expect(called()).toEqual(['alpha', 'alpha', 'alpha', 'beta']);
  });
});

describe('tokens per minute', () => {
  it('take the worst case first and give back what was not used', async () => {
    const { worker } = setUp({ tokensPerMinute: 1_500 });
    const router = worker();
    // Each takes a good thousand and uses 30: without the difference the second would be refused.
    for (let call = 0; call < 5; call++) await callAlpha(router, 1_000);
    const together = await Promise.allSettled([callAlpha(router, 1_000), callAlpha(router, 1_000)]);
    expect(together.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('give everything back for a call that cost nothing', async () => {
    let reply: Reply = 'Provider.InvalidRequest';
    const { worker } = setUp({ tokensPerMinute: 1_500 }, () => reply);
    const router = worker();
    for (let call = 0; call < 5; call++) await expect(callAlpha(router, 1_000)).rejects.toMatchObject({ costNanoUsd: 0 });
    reply = 'ok';
    await expect(callAlpha(router, 1_000)).resolves.toMatchObject({ provider: 'alpha' });
  });

  it('let a call in that is larger than the whole limit', async () => {
    const { worker } = setUp({ tokensPerMinute: 100 });
    await expect(callAlpha(worker(), 1_000)).resolves.toMatchObject({ provider: 'alpha' });
  });

  it('count what such a call used', async () => {
    const { worker } = setUp({ tokensPerMinute: 40 });
    const router = worker();
    // It takes all 40 and uses 30, so 10 are left and the second, which wants a few more, is refused.
    await callAlpha(router, 1_000);
    await expect(callAlpha(router, 20)).rejects.toMatchObject({ error: { name: 'Provider.RateLimited', isLocal: true } });
  });
});

describe('calls at the same time', () => {
  it('never exceed their limit over all workers, and slots come back', async () => {
    const gate = Promise.withResolvers<'ok'>();
    const { worker, calls } = setUp({ maxConcurrent: 2 }, () => gate.promise);
    const workers = [worker(), worker(), worker()];
    const running = Promise.allSettled(workers.map((router) => callAlpha(router)));
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    gate.resolve('ok');
    const outcomes = await running;
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { error: { name: 'Provider.RateLimited', isLocal: true } },
    });
    await expect(callAlpha(worker())).resolves.toMatchObject({ provider: 'alpha' });
  });

  it('count failed calls no longer than they last', async () => {
    const { worker } = setUp({ maxConcurrent: 1 }, () => 'Provider.InvalidRequest');
    const router = worker();
    for (let call = 0; call < 3; call++) {
      await expect(callAlpha(router)).rejects.toMatchObject({ error: { name: 'Provider.InvalidRequest' } });
    }
  });

  it('count a stream until it has ended', async () => {
    const { worker } = setUp({ maxConcurrent: 1 });
    const [one, two] = [worker(), worker()];
    for await (const part of one.stream({ prompt: 'x', provider: 'alpha' }, anyCall())) {
      if (part.type === 'text') await expect(callAlpha(two)).rejects.toMatchObject({ error: { isLocal: true } });
    }
    await expect(callAlpha(worker())).resolves.toMatchObject({ provider: 'alpha' });
  });

  it('are kept for as long as a call lasts', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const gate = Promise.withResolvers<'ok'>();
    const { worker, calls } = setUp({ maxConcurrent: 1 }, () => gate.promise);
    const long = callAlpha(worker());
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    for (let second = 0; second < 120; second += 1) await vi.advanceTimersByTimeAsync(1_000);
    await expect(callAlpha(worker())).rejects.toMatchObject({ error: { isLocal: true } });
    gate.resolve('ok');
    await long;
    await expect(callAlpha(worker())).resolves.toMatchObject({ provider: 'alpha' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are freed by a worker that died long before its call would have ended', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const never = Promise.withResolvers<'ok'>();
    let reply: Reply = never.promise;
    const { worker, calls } = setUp({ maxConcurrent: 1 }, () => reply);
    void callAlpha(worker());
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    reply = 'ok';
    await expect(callAlpha(worker())).rejects.toMatchObject({ error: { isLocal: true } });
    vi.setSystemTime(Date.now() + 16_000);
    await expect(callAlpha(worker())).resolves.toMatchObject({ provider: 'alpha' });
  });
});

describe('a pause that a vendor asked for', () => {
  it('is heard of by the other workers', async () => {
    const replies: Reply[] = [{ name: 'Provider.RateLimited', message: 'slow down', retryable: true, retryAfterMs: 30_000 }];
    const { worker, calls } = setUp({}, () => replies.shift() ?? 'ok');
    const [one, two] = [worker(), worker()];
    await callAlpha(one).catch(() => undefined);
    await two.generate({ prompt: 'x', provider: 'beta' }, anyCall());
    await vi.waitFor(() => expect(planOf(two).provider).toBe('beta'));
    expect(planOf(two).routing?.rejected).toMatchObject([{ provider: 'alpha', code: 'cooling-down' }]);
    expect(calls).toHaveLength(2);
  });
});

describe('the store', () => {
  it('is not asked for providers without limits', async () => {
    let made = 0;
    const { worker } = setUp(
      {},
      () => 'ok',
      (options) => {
        if (options.keyPrefix !== 'router-cooldown') made += 1;
        return sharedStore()(options);
      },
    );
    await callAlpha(worker());
    expect(made).toBe(0);
  });

  it.each(['refuses', 'hangs'])('that %s stops no call', async (how) => {
    class Broken extends RateLimiterMemory {
      #answer(): Promise<RateLimiterRes> {
        return how === 'hangs' ? new Promise(() => undefined) : Promise.reject(new Error('connection lost'));
      }
      override consume = () => this.#answer();
      override reward = () => this.#answer();
      override get = () => this.#answer();
      override block = () => this.#answer();
    }
    const warnings: string[] = [];
    const fake = createFakeRegistry([{ id: 'alpha' }]);
    const router = new RouterEngine({
      registry: fake.registry,
      providers: fake.keys,
      limits: { alpha: { requestsPerMinute: 1, maxConcurrent: 1 } },
      limiterFactory: ({ keyPrefix, points, durationS }) => new Broken({ keyPrefix, points, duration: durationS }),
      log: { warn: (_, message) => warnings.push(message) },
    });
    await callAlpha(router);
    await callAlpha(router);
    expect(fake.calls).toHaveLength(2);
    expect(warnings).toEqual(['the store of the rate limits does not answer; calls go on without them']);
  });
});
