import { AppError } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { RouterEngine } from '../router-engine.ts';
import { createFakeRegistry } from '../testing/fake-providers.ts';
import { planOf, refusalOf } from '../testing/requests.ts';

const { registry, keys } = createFakeRegistry([
  { id: 'alpha', models: [{ model: 'alpha-1', inputPer1M: 3, outputPer1M: 3, typicalLatencyMs: 300 }] },
  {
    id: 'beta',
    models: [
      { model: 'beta-1', inputPer1M: 1, outputPer1M: 1, typicalLatencyMs: 2_000 },
      { model: 'beta-old', inputPer1M: 0.1, outputPer1M: 0.1, capabilities: ['text', 'vision'], retiresOn: '2024-01-01' },
      { model: 'beta-eyes', inputPer1M: 5, outputPer1M: 5, capabilities: ['text', 'vision'], maxOutputTokens: 50_000 },
      { model: 'open-20b', inputPer1M: 2, outputPer1M: 2, equivalenceGroup: 'open' },
    ],
  },
  {
    id: 'gamma',
    models: [
      { model: 'gamma-1', inputPer1M: 2, outputPer1M: 2, typicalLatencyMs: 1_000, capabilities: ['text', 'vision'] },
      { model: 'vendor/open-20b', aliases: ['open-20b-hosted'], inputPer1M: 1, outputPer1M: 1, equivalenceGroup: 'open' },
    ],
  },
  { id: 'delta' },
]);
const { delta: _, ...threeKeys } = keys;
const router = (config = {}) => new RouterEngine({ registry, providers: threeKeys, ...config });
const chain = (plan: ReturnType<typeof planOf>) => plan.routing?.candidates.map(({ provider, model }) => `${provider}/${model}`);

describe('the order of the candidates', () => {
  it('is by the expected cost of the request', () => {
    expect(chain(planOf(router()))).toEqual(['beta/beta-1', 'gamma/gamma-1', 'alpha/alpha-1']);
  });

  it('is by latency, by configured order, or by the strategy that the request asks for', () => {
    expect(chain(planOf(router({ routingStrategy: 'fastest' })))?.[0]).toBe('alpha/alpha-1');
    expect(chain(planOf(router({ routingStrategy: 'priority', priority: ['gamma', 'alpha'] })))).toEqual([
      'gamma/gamma-1',
      'alpha/alpha-1',
      'beta/beta-1',
    ]);
    expect(planOf(router({ routingStrategy: 'fastest' }), { routing: 'cheapest' }).provider).toBe('beta');
  });

  it('draws by weight', () => {
    const draws = 2_000;
    let seed = 7;
    // A small linear congruential generator: the draw is the same on every run.
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const drawing = router({ routingStrategy: 'weighted', weights: { alpha: 3, beta: 1, gamma: 0 }, random });
    const counts: Record<string, number> = { alpha: 0, beta: 0, gamma: 0 };
    for (let draw = 0; draw < draws; draw++) {
      const plan = planOf(drawing);
      counts[plan.provider] = (counts[plan.provider] ?? 0) + 1;
      expect(chain(plan)?.at(-1)).toBe('gamma/gamma-1');
    }
    expect(counts.gamma).toBe(0);
    expect(Math.abs((counts.alpha ?? 0) / draws - 0.75)).toBeLessThan(0.04);
  });

  it('keeps the registry order for ties and puts unknown prices last', () => {
    const same = createFakeRegistry([{ id: 'one' }, { id: 'two' }, { id: 'three' }]);
    expect(planOf(new RouterEngine({ registry: same.registry, providers: same.keys })).provider).toBe('one');
    const unpriced = { ...same.keys, one: { apiKey: 'k', defaultModel: 'mine' } };
    expect(chain(planOf(new RouterEngine({ registry: same.registry, providers: unpriced })))).toEqual([
      'two/two-1',
      'three/three-1',
      'one/mine',
    ]);
  });

  it('starts with the default provider where there is one', () => {
    expect(chain(planOf(router({ defaultProvider: 'alpha' })))).toEqual(['alpha/alpha-1', 'beta/beta-1', 'gamma/gamma-1']);
    expect(planOf(router({ defaultProvider: 'delta' })).provider).toBe('beta');
    expect(planOf(router({ defaultProvider: 'alpha', routingStrategy: 'specified' })).routing?.candidates).toHaveLength(1);
    expect(planOf(router({ routingStrategy: 'specified' })).routing).toMatchObject({ strategy: 'cheapest', provider: 'beta' });
  });
});

describe('a named provider', () => {
  it('is the only candidate, besides the fallbacks of the request in their order', () => {
    expect(chain(planOf(router(), { provider: 'alpha' }))).toEqual(['alpha/alpha-1']);
    const fallbacks = [{ provider: 'gamma' }, { provider: 'beta', model: 'beta-eyes' }, { provider: 'delta' }];
    const plan = planOf(router(), { provider: 'alpha', fallbacks });
    expect(chain(plan)).toEqual(['alpha/alpha-1', 'gamma/gamma-1', 'beta/beta-eyes']);
    expect(plan.routing).toMatchObject({ strategy: 'specified', reason: 'The request names alpha.' });
    expect(plan.routing?.rejected).toEqual([
      { provider: 'delta', code: 'not-configured', reason: 'delta has no API key: set DELTA_API_KEY.' },
    ]);
  });

  it('that cannot serve leaves the request to its fallbacks', () => {
    const plan = planOf(router(), { provider: 'delta', fallbacks: [{ provider: 'beta' }] });
    expect(plan).toMatchObject({ provider: 'beta', routing: { reason: expect.stringContaining('first fallback') } });
    const byModel = planOf(router(), { model: 'delta-1', fallbacks: [{ provider: 'beta', model: 'beta-1' }] });
    expect(byModel).toMatchObject({ provider: 'beta', routing: { reason: expect.stringContaining('first fallback') } });
  });

  it('may be asked for a model that is in no catalogue', () => {
    expect(planOf(router(), { provider: 'alpha', model: 'mine' })).toMatchObject({ model: 'mine', worstCaseNanoUsd: null });
  });
});

describe('a named model', () => {
  it('is served by those that have it, then by other hosts of the same weights', () => {
    expect(chain(planOf(router(), { model: 'open-20b' }))).toEqual(['beta/open-20b', 'gamma/vendor/open-20b']);
    expect(chain(planOf(router(), { model: 'open-20b-hosted' }))).toEqual(['gamma/open-20b-hosted', 'beta/open-20b']);
    expect(chain(planOf(router(), { model: 'beta-1' }))).toEqual(['beta/beta-1']);
  });

  it('goes to the default provider when no catalogue has it, else it is refused', () => {
    expect(planOf(router({ defaultProvider: 'gamma' }), { model: 'mine' })).toMatchObject({ provider: 'gamma', model: 'mine' });
    expect(refusalOf(router(), { model: 'beta-eye' }).message).toContain('Did you mean "beta-eyes"');
    expect(refusalOf(router(), { model: 'delta-1' }).message).toContain('set DELTA_API_KEY');
  });
});

describe('capabilities', () => {
  it('pass over models without them, and take another living model of the provider', () => {
    const plan = planOf(router(), { requires: ['vision'] });
    expect(chain(plan)).toEqual(['gamma/gamma-1', 'beta/beta-eyes']);
    expect(plan.routing?.rejected).toContainEqual(expect.objectContaining({ provider: 'alpha', code: 'missing-capability' }));
  });

  it('refuse a request that no configured model meets, with the reasons', () => {
    const request = { prompt: 'x', requires: ['online-search'] as const };
    expect(refusalOf(router(), { requires: ['online-search'] }).message).toContain('online-search');
    const refused = router().checkServable({ ...request, requires: [...request.requires] });
    expect(refused?.kind).toBe('not-capable');
    expect(refused?.rejected.map(({ provider }) => provider).sort()).toEqual(['alpha', 'beta', 'delta', 'gamma']);
    expect(router().checkServable({ prompt: 'x' })).toBeNull();
    expect(router().checkServable({ prompt: 'x', provider: 'delta' })).toMatchObject({ kind: 'not-configured' });
  });

  it('are refused in the words of those that the request means', () => {
    const one = new RouterEngine({ registry, providers: { alpha: { apiKey: 'k' } } });
    expect(refusalOf(one, { provider: 'beta' }).message).toBe(
      'No configured provider can serve this request. beta has no API key: set BETA_API_KEY.',
    );
    expect(refusalOf(one, { model: 'gamma-1' }).message).toBe(
      'No configured provider can serve model "gamma-1". gamma has no API key: set GAMMA_API_KEY.',
    );
  });

  it('include the length of the answer', () => {
    expect(planOf(router(), { maxTokens: 20_000 })).toMatchObject({ provider: 'beta', model: 'beta-eyes' });
    expect(refusalOf(router(), { provider: 'alpha', maxTokens: 20_000 }).message).toContain('10000');
  });
});

describe('names', () => {
  it('that nothing bears are refused with near matches', () => {
    expect(refusalOf(router(), { provider: 'alpa' }).message).toContain('Did you mean "alpha"');
    expect(router().checkNames({ provider: 'alpa', fallbacks: [{ provider: 'beta' }, { provider: 'gama' }] })).toMatchObject([
      { pointer: '/provider', code: 'unknown-provider' },
      { pointer: '/fallbacks/1/provider', code: 'unknown-provider' },
    ]);
    expect(router().checkNames({ provider: 'alpha', model: 'whatever' })).toEqual([]);
    expect(router().checkNames({ model: 'whatever' })).toMatchObject([{ pointer: '/model', code: 'unknown-model' }]);
  });

  it('in the configuration are refused at once', () => {
    for (const config of [{ defaultProvider: 'x' }, { priority: ['x'] }, { weights: { x: 1 } }, { limits: { x: {} } }]) {
      expect(() => router(config)).toThrow(AppError);
    }
  });
});

describe('the decision', () => {
  it.each([
    {},
    { provider: 'alpha' },
    { model: 'beta-1' },
    { model: 'open-20b' },
    { requires: ['vision' as const] },
    { provider: 'alpha', fallbacks: [{ provider: 'beta' }] },
    { fallbacks: [{ provider: 'alpha' }] },
  ])('speaks of every provider of the registry: %j', (request) => {
    const { candidates = [], rejected = [] } = planOf(router(), request).routing ?? {};
    const spokenOf = new Set([...candidates, ...rejected].map(({ provider }) => provider));
    expect([...spokenOf].sort()).toEqual(['alpha', 'beta', 'delta', 'gamma']);
    for (const { reason } of rejected) expect(reason).toMatch(/\.$/);
  });
});

describe('approval', () => {
  it('is asked above the threshold and for unknown prices', () => {
    // 10,000 tokens at $3 per million and a few of input.
    expect(planOf(router({ autoApproveThresholdUSD: 0.03 }), { provider: 'alpha', maxTokens: 10_000 }).approval).toEqual({
      thresholdUSD: 0.03,
    });
    expect(planOf(router({ autoApproveThresholdUSD: 0.04 }), { provider: 'alpha', maxTokens: 10_000 }).approval).toBeUndefined();
    expect(planOf(router(), { provider: 'alpha', model: 'mine' }).approval).toEqual({ thresholdUSD: 1 });
  });
});
