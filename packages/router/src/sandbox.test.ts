import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RouterEngine } from './router-engine.ts';
import { createFakeRegistry } from './testing/fake-providers.ts';
import { anyCall, planOf, refusalOf } from './testing/requests.ts';

const { registry, keys } = createFakeRegistry([{ id: 'alpha' }, { id: 'beta' }]);

describe('without any key', () => {
  const router = new RouterEngine({ registry, providers: { alpha: { apiKey: '  ' } } });

  it.each(['alpha', 'beta', undefined])('the sandbox answers for %s and says so', async (provider) => {
    const request = { ...(provider === undefined ? {} : { provider }), model: 'any', temperature: 0.5 };
    const plan = planOf(router, request);
    expect(plan).toMatchObject({ provider: 'sandbox', worstCaseNanoUsd: 0 });
    expect(plan.approval).toBeUndefined();
    const { routing: _, attempts: __, ...routed } = await router.generate({ prompt: 'hello', ...request }, anyCall());
    expect(routed).toEqual(await router.call(plan, anyCall()));
    expect(routed.warnings?.join(' ')).toContain(
      provider === undefined ? 'No provider has an API key' : `instead of ${provider}`,
    );
  });

  it('labels streams too', async () => {
    const parts = [];
    for await (const part of router.stream({ prompt: 'hello' }, anyCall())) parts.push(part);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', result: { warnings: [expect.stringContaining('sample text')] } });
  });

  it('names that do not exist are still refused', () => {
    expect(refusalOf(router, { provider: 'alpa' })).toMatchObject({ name: 'Provider.InvalidRequest', retryable: false });
  });
});

describe('with a key', () => {
  const router = new RouterEngine({ registry, providers: keys });

  it('the sandbox can be named, and then warns of nothing', async () => {
    const result = await router.call(planOf(router, { provider: 'sandbox' }), anyCall());
    expect(result).toMatchObject({ provider: 'sandbox' });
    expect(result.warnings).toBeUndefined();
    expect(planOf(router).routing?.candidates.map(({ provider }) => provider)).toEqual(['alpha', 'beta']);
  });

  it('a plan of another configuration is refused', async () => {
    await expect(router.call({ ...planOf(router), provider: 'gone' }, anyCall())).rejects.toMatchObject({
      error: { name: 'Provider.InvalidRequest', retryable: false },
    });
  });

  it('none of it shows when a router is inspected', () => {
    expect(inspect(router, { depth: 10, showHidden: true })).not.toContain('key-of');
  });
});

it('a provider that needs no key is configured without one', () => {
  const local = createFakeRegistry([{ id: 'mine', requiresKey: false }, { id: 'alpha' }]);
  const router = new RouterEngine({ registry: local.registry });
  expect(planOf(router).provider).toBe('mine');
});
