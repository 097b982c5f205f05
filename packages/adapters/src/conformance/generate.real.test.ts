import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startUpstream, type Upstream } from '../../../../test/support/upstream/upstream.ts';
import { costOfUsage } from '../catalogue/price.ts';
import { providers } from '../registry.ts';
import { callOptions, failureOf, testKey } from '../testing/calls.ts';

let upstream: Upstream;
let closedPortUrl: string;
beforeAll(async () => {
  const closed = await startUpstream();
  closedPortUrl = `http://127.0.0.1:${closed.port}`;
  await closed.close();
  upstream = await startUpstream();
});
afterEach(() => {
  upstream.setScript({});
  upstream.reset();
});
afterAll(() => upstream.close());

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s generate', (id, provider) => {
  const adapterAt = (baseUrl: string, apiKey = testKey) => provider.createAdapter({ apiKey, baseUrl });
  const connect = () => adapterAt(upstream.baseUrl(id, provider.defaultBaseUrl));
  const request = { prompt: 'Say hello [[m1]]', maxTokens: 50 };
  const firstEntry = () => upstream.entries()[0];

  it('answers, counts and prices as the vendor does', async () => {
    const result = await connect().generate(
      { ...request, systemPrompt: 'Be brief.' },
      callOptions({ idempotencyKey: 'run-1.step.1' }),
    );
    expect(result.content).toMatch(/^\[\[m1\]\] Scripted answer /);
    expect(result).toMatchObject({ provider: id, model: provider.defaultModel, finishReason: 'stop', costBasis: 'catalogue' });
    const entry = firstEntry();
    expect(entry).toMatchObject({ idempotencyKey: 'run-1.step.1', marker: 'm1', provider: id, status: 200, isFullySent: true });
    expect(result.usage).toMatchObject({ inputTokens: entry?.usage?.input, outputTokens: entry?.usage?.output });
    expect(result.costNanoUsd).toBe(entry?.chargedNanoUsd);
    expect(result.costNanoUsd).toBeGreaterThan(0);
  });

  it.each(provider.models.map((row) => row.model))('sends %s only what it accepts', async (model) => {
    upstream.setScript({ recordRequests: true });
    await connect().generate({ prompt: 'p', systemPrompt: 's', temperature: 0.3, model }, callOptions());
    expect(firstEntry()?.request).toMatchSnapshot();
  });

  it('bills cached input once, at its own price', async () => {
    upstream.setScript({ rules: [{ cachedTokens: 5 }] });
    const { usage, costNanoUsd } = await connect().generate(request, callOptions());
    expect(usage).toMatchObject({ inputTokens: firstEntry()?.usage?.input, cachedInputTokens: 5 });
    expect(costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
  });

  it('bills the model that answered', async () => {
    const other = provider.models.find((row) => row.model !== provider.defaultModel);
    if (other === undefined) throw new Error('the catalogue has one model only');
    upstream.setScript({ rules: [{ answerModel: `${other.model}-2026-01-31` }] });
    const { model, usage, costNanoUsd } = await connect().generate(request, callOptions());
    expect(model).toBe(`${other.model}-2026-01-31`);
    expect(costNanoUsd).toBe(costOfUsage(other, usage));
  });

  it('makes text storable', async () => {
    upstream.setScript({ rules: [{ content: 'nul \u0000 lone \uD800 emoji 😀' }] });
    expect((await connect().generate(request, callOptions())).content).toBe('nul \uFFFD lone \uFFFD emoji 😀');
  });

  it.each([
    [400, {}, 'Provider.InvalidRequest'],
    [401, {}, 'Provider.Auth'],
    [403, {}, 'Provider.Auth'],
    [404, {}, 'Provider.InvalidRequest'],
    [408, {}, 'Provider.Timeout'],
    [413, {}, 'Provider.ContextLength'],
    [422, {}, 'Provider.InvalidRequest'],
    [429, {}, 'Provider.RateLimited', undefined],
    [429, { 'retry-after': '3' }, 'Provider.RateLimited', 3000],
    [429, { 'retry-after-ms': '1250' }, 'Provider.RateLimited', 1250],
    [500, {}, 'Provider.Unavailable'],
    [502, {}, 'Provider.Unavailable'],
    [503, { 'retry-after': '1' }, 'Provider.Overloaded', 1000],
    [529, {}, 'Provider.Overloaded'],
  ] as const)('status %s with %j is %s', async (status, headers, name, retryAfterMs?: number) => {
    upstream.setScript({ rules: [{ fault: { type: 'status', status, headers } }] });
    const { error, costNanoUsd, costBasis } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name, status, provider: id });
    expect(error.message).toContain(`scripted fault ${status}`);
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect([costNanoUsd, costBasis]).toEqual([0, 'none']);
    expect(upstream.summary().calls).toBe(1);
  });

  it('copes with error bodies of any kind and shows no key that they repeat', async () => {
    for (const body of [
      '',
      '<html>Bad gateway</html>',
      '{',
      { error: { message: `Incorrect API key provided: ${testKey}`, type: 'x' } },
      { detail: testKey },
    ]) {
      upstream.setScript({ rules: [{ fault: { type: 'status', status: 401, body } }] });
      expect((await failureOf(connect().generate(request, callOptions()))).error.name).toBe('Provider.Auth');
    }
  });

  it('follows no redirect', async () => {
    const location = `${upstream.baseUrl(id, provider.defaultBaseUrl)}/chat/completions`;
    upstream.setScript({ rules: [{ times: 1, fault: { type: 'status', status: 307, headers: { location } } }] });
    const { error } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.InvalidRequest', status: 307, retryable: false });
    expect(upstream.summary().calls).toBe(1);
  });

  it.each([
    [{ type: 'malformed-json' }, 'Provider.Unavailable'],
    [{ type: 'wrong-shape' }, 'Provider.Unavailable'],
    [{ type: 'wrong-content-type' }, 'Provider.Unavailable'],
    [{ type: 'empty-choices' }, 'Provider.Unavailable'],
    [{ type: 'cut', at: 'before-headers' }, 'Provider.Unavailable'],
    [{ type: 'cut', at: 'in-body' }, 'Provider.Truncated'],
  ] as const)('%j is %s, retryable, and books the worst case', async (fault, name) => {
    upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const { error, costNanoUsd, costBasis } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name, retryable: true, provider: id });
    expect(costBasis).toBe('reserved');
    expect(costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
  });

  it.each([
    { type: 'hang', at: 'before-headers' },
    { type: 'hang', at: 'in-body' },
    { type: 'slow-drip', chunkBytes: 1, intervalMs: 50 },
  ] as const)('%j ends with our timeout and closes the socket', async (fault) => {
    upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const { error, costNanoUsd } = await failureOf(connect().generate(request, callOptions({ timeoutMs: 150 })));
    expect(error).toMatchObject({ name: 'Provider.Timeout', retryable: true });
    expect(costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
    await vi.waitFor(() => expect(firstEntry()).toMatchObject({ isClientGone: true }));
  });

  it.each([
    { type: 'hang', at: 'before-headers' },
    { type: 'hang', at: 'in-body' },
  ] as const)('an abort while %j closes the socket within 100 ms and is no timeout', async (fault) => {
    upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const controller = new AbortController();
    const call = failureOf(connect().generate(request, callOptions({ signal: controller.signal })));
    await vi.waitFor(() => expect(upstream.summary().open).toBe(1), { interval: 5 });
    const abortedAt = Date.now();
    controller.abort();
    const { error, costNanoUsd, costBasis } = await call;
    expect(error).toMatchObject({ name: 'Run.Cancelled', retryable: false });
    expect([costNanoUsd, costBasis]).toEqual([firstEntry()?.chargedNanoUsd, 'reserved']);
    await vi.waitFor(() => expect(firstEntry()).toMatchObject({ isClientGone: true }), { interval: 5 });
    const entry = firstEntry();
    expect((entry?.atMs ?? 0) + (entry?.closedAfterMs ?? 0) - abortedAt).toBeLessThan(100);
  });

  it('sends nothing once the signal has fired', async () => {
    const { error, costBasis } = await failureOf(connect().generate(request, callOptions({ signal: AbortSignal.abort() })));
    expect([error.name, costBasis, upstream.summary().calls]).toEqual(['Run.Cancelled', 'none', 0]);
  });

  it('takes an explicit zero for a zero and books the worst case when usage is missing', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'usage', usage: 'zero' } }] });
    expect(await connect().generate(request, callOptions())).toMatchObject({ costNanoUsd: 0, costBasis: 'catalogue' });
    upstream.reset();
    upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'usage', usage: 'missing' } }] });
    const result = await connect().generate(request, callOptions());
    expect(result).toMatchObject({ costBasis: 'reserved', costNanoUsd: firstEntry()?.chargedNanoUsd });
    expect(result.warnings).toHaveLength(1);
  });

  it('returns an answer that reached the output limit, and refuses one that was withheld', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'finish', reason: 'limit' } }] });
    expect(await connect().generate(request, callOptions())).toMatchObject({ finishReason: 'length' });
    upstream.reset();
    upstream.setScript({ rules: [{ fault: { type: 'finish', reason: 'refused' } }] });
    const refused = await failureOf(connect().generate(request, callOptions()));
    expect(refused).toMatchObject({ error: { name: 'Provider.ContentFiltered', retryable: false }, costBasis: 'catalogue' });
    expect(refused.costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
  });

  it('survives a connection that is closed after the answer', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'cut', at: 'after-body' } }] });
    const adapter = connect();
    for (let call = 0; call < 3; call++) expect((await adapter.generate(request, callOptions())).finishReason).toBe('stop');
  });

  it.each([
    ['refused connection', () => closedPortUrl],
    ['port that fetch refuses', () => 'http://127.0.0.1:1'],
    ['unknown host', () => 'http://no-such-host.invalid'],
    ['no TLS behind https', () => `https://127.0.0.1:${upstream.port}`],
  ])('%s is unavailable, retryable and free', async (_, baseUrl) => {
    const { error, costBasis } = await failureOf(adapterAt(baseUrl()).generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
    expect(error.status).toBeUndefined();
    expect(costBasis).toBe('none');
  });

  it('names both ways to give a key, and never shows one that no header can carry', async () => {
    const missing = await failureOf(provider.createAdapter({}).generate(request, callOptions()));
    expect(missing.error).toMatchObject({ name: 'Provider.Auth', retryable: false });
    expect(missing.error.message).toContain(`${id.toUpperCase()}_API_KEY`);
    expect(missing.error.message).toContain(`providers.${id}.apiKey`);
    for (const bad of [`${testKey}\nx`, `${testKey}é`]) {
      const { error } = await failureOf(adapterAt(closedPortUrl, bad).generate(request, callOptions()));
      expect(error.name).toBe('Provider.Auth');
    }
  });

  it('reuses its connections', async () => {
    const adapter = connect();
    await adapter.generate(request, callOptions());
    const before = upstream.connections();
    for (let call = 0; call < 10; call++) await adapter.generate(request, callOptions());
    expect(upstream.connections()).toBe(before);
  });

  it('reports health and rate limits', async () => {
    const adapter = connect();
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: null, observedAtMs: null });
    await adapter.generate(request, callOptions());
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: 5000, requestsRemaining: 4999 });
    expect(await adapter.healthCheck()).toMatchObject({ status: 'healthy' });
    const down = await adapterAt(closedPortUrl).healthCheck();
    expect(down).toMatchObject({ status: 'unhealthy' });
    expect(down.reason).toContain('ECONNREFUSED');
    expect((await provider.createAdapter({}).healthCheck()).reason).toContain('_API_KEY');
  });

  it('estimates the worst case before the call', async () => {
    const { estimatedCostUSD, inputTokenCost, outputTokenCost } = await connect().estimateCost(request);
    expect(estimatedCostUSD).toBeCloseTo((inputTokenCost ?? 0) + (outputTokenCost ?? 0), 12);
    expect(estimatedCostUSD).toBeGreaterThan(0);
    const unpriced = await connect().estimateCost({ ...request, model: 'nobody-knows' });
    expect(unpriced.estimatedCostUSD).toBeNull();
    expect(connect().supports('streaming')).toBe(true);
    expect(connect().supports('embeddings')).toBe(false);
  });
});
