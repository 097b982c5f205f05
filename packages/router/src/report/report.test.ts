import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry, type Reply } from '../testing/fake-providers.ts';
import { anyCall, planOf } from '../testing/requests.ts';
import { stopTime } from '../testing/virtual-time.ts';
import { getCheapestProvider, getProvidersWithCapability } from './provider-lists.ts';

let clock: ReturnType<typeof stopTime>;
beforeEach(() => {
  clock = stopTime();
});
afterEach(() => {
  vi.useRealTimers();
});

const providers = [
  { id: 'alpha', models: [{ model: 'alpha-1', inputPer1M: 3, outputPer1M: 6, typicalLatencyMs: 300 }] },
  {
    id: 'beta',
    models: [
      {
        model: 'beta-1',
        inputPer1M: 1,
        outputPer1M: 2,
        capabilities: ['text' as const, 'vision' as const],
        retiresOn: '2026-12-31',
      },
      { model: 'beta-0', retiresOn: '2026-01-01' },
      { model: 'beta-2', retiresOn: '2028-01-01' },
    ],
  },
  {
    id: 'gamma',
    models: [{ model: 'gamma-1', inputPer1M: 0.1, outputPer1M: 0.1, capabilities: ['text' as const, 'vision' as const] }],
  },
];
function setUp(reply: (provider: string) => Reply = () => 'ok') {
  const fake = createFakeRegistry(providers, (call) => reply(call.provider));
  const { gamma: _, ...keys } = fake.keys;
  return { ...fake, keys, router: new RouterEngine({ registry: fake.registry, providers: keys, clock }) };
}

describe('estimates', () => {
  it('split the worst case of the chosen provider', () => {
    const { router } = setUp();
    const { estimatedCostUSD, inputTokenCost, outputTokenCost } = router.estimateCost({
      prompt: 'x',
      maxTokens: 1_000_000,
      model: 'beta-1',
    });
    // Nobody writes a million tokens.
    expect([estimatedCostUSD, inputTokenCost, outputTokenCost]).toEqual([null, null, null]);
    const cost = router.estimateCost({ prompt: 'x', maxTokens: 1_000 });
    expect(cost.outputTokenCost).toBe(0.002);
    expect(cost.estimatedCostUSD).toBeCloseTo((cost.inputTokenCost ?? 0) + 0.002, 9);
    expect(cost.estimatedCostUSD).toBe((planOf(router, { prompt: 'x', maxTokens: 1_000 }).worstCaseNanoUsd ?? 0) / 1e9);
  });

  it('stand side by side for every provider, with the reason of those that cannot serve', () => {
    const { router } = setUp();
    const estimates = router.estimateAll({ prompt: 'x', requires: ['vision'] });
    expect(estimates).toMatchObject([
      { provider: 'alpha', canServe: false, code: 'missing-capability', estimatedCostUSD: null },
      { provider: 'beta', model: 'beta-1', canServe: true, latencyMs: 1_000 },
      { provider: 'gamma', canServe: false, code: 'not-configured', reason: expect.stringContaining('GAMMA_API_KEY') },
    ]);
    expect(estimates[2]?.estimatedCostUSD).toBeGreaterThan(0);
    expect(estimates[1]?.expectedCostUSD).toBeLessThanOrEqual(estimates[1]?.estimatedCostUSD ?? 0);
  });

  it('say so when a model is named that a provider lacks', () => {
    expect(setUp().router.estimateAll({ prompt: 'x', model: 'beta-2' })).toMatchObject([
      { provider: 'alpha', canServe: false, code: 'unknown-model' },
      { provider: 'beta', model: 'beta-2', canServe: true },
      { provider: 'gamma', canServe: false, code: 'not-configured' },
    ]);
  });
});

describe('lists', () => {
  it('name configured providers by capability, price and latency', () => {
    const { router } = setUp();
    expect(router.getProvidersWithCapability('vision').map(({ name }) => name)).toEqual(['beta']);
    expect(router.getCheapestProvider()).toMatchObject({ name: 'beta', estimatedCostPerMToken: { input: 1, output: 2 } });
    expect(router.getFastestProvider()).toMatchObject({ name: 'alpha', latencyMs: 300 });
    expect(router.providersInfo().map(({ name, isConfigured }) => [name, isConfigured])).toEqual([
      ['alpha', true],
      ['beta', true],
      ['gamma', false],
    ]);
  });

  it('can be had without a router, over the whole registry or over what settings configure', () => {
    const { registry, keys } = setUp();
    expect(getProvidersWithCapability('vision', { registry }).map(({ name }) => name)).toEqual(['beta', 'gamma']);
    expect(getProvidersWithCapability('vision', { registry, settings: keys }).map(({ name }) => name)).toEqual(['beta']);
    expect(getCheapestProvider({ registry })?.name).toBe('gamma');
    expect(getCheapestProvider({ registry, settings: keys })?.name).toBe('beta');
    expect(getCheapestProvider({ registry, settings: {} })).toBeUndefined();
    expect(getCheapestProvider()?.estimatedCostPerMToken.input).toBeGreaterThan(0);
  });

  it('show models with their state', () => {
    const models = setUp().router.models();
    expect(models.map(({ model, isDefault, retirement }) => [model, isDefault, retirement])).toEqual([
      ['alpha-1', true, null],
      ['beta-1', true, 'retiring'],
      ['beta-0', false, 'retired'],
      ['beta-2', false, null],
      ['gamma-1', true, null],
    ]);
  });
});

describe('health', () => {
  it('asks configured providers, and again only after a while', async () => {
    const { router, called } = setUp();
    const [first, second] = await Promise.all([router.health(), router.health()]);
    expect(first).toEqual({
      overall: 'healthy',
      providers: { alpha: { status: 'healthy', latencyMs: 5 }, beta: { status: 'healthy', latencyMs: 5 } },
      routing: { activeProviders: 2, routingStrategy: 'cheapest', providers: ['alpha', 'beta'] },
    });
    expect(second).toEqual(first);
    clock.advance(9_999);
    await router.health();
    expect(called()).toEqual(['alpha', 'beta']);
    clock.advance(1);
    await router.health();
    expect(called()).toHaveLength(4);
  });

  it('is degraded while some answer, and unhealthy when none does', async () => {
    const some = setUp((provider) => (provider === 'alpha' ? 'Provider.Unavailable' : 'ok'));
    expect(await some.router.health()).toMatchObject({
      overall: 'degraded',
      providers: { alpha: { status: 'unhealthy', reason: 'alpha failed' }, beta: { status: 'healthy' } },
    });
    expect((await setUp(() => 'Provider.Auth').router.health()).overall).toBe('unhealthy');
    expect((await new RouterEngine().health()).overall).toBe('degraded');
  });

  it('shows circuits', async () => {
    let reply: Reply = 'Provider.Timeout';
    const { router } = setUp(() => reply);
    for (let call = 0; call < 5; call++) await router.call(planOf(router), anyCall()).catch(() => undefined);
    reply = 'ok';
    expect(await router.health()).toMatchObject({
      overall: 'degraded',
      providers: { beta: { status: 'healthy', circuits: { 'beta-1': 'open' } } },
    });
  });
});
