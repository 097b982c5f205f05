import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUpstream, type Upstream } from '../../../../test/support/upstream/upstream.ts';
import { callOptions, failureOf, testKey } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const request = { prompt: 'Say hello [[m1]]', maxTokens: 50 };
let closedPortUrl: string;
let elsewhere: Upstream;
beforeAll(async () => {
  elsewhere = await startUpstream();
  const closed = await startUpstream();
  closedPortUrl = `http://127.0.0.1:${closed.port}`;
  await closed.close();
});
afterAll(() => elsewhere.close());

describe.each(vendors)('%s generate fails', (id, vendor) => {
  const { provider } = vendor;
  const failure = () => failureOf(bench.connect(vendor).generate(request, callOptions()));

  it.each([
    [400, {}, 'Provider.InvalidRequest', false],
    [401, {}, 'Provider.Auth', false],
    [403, {}, 'Provider.Auth', false],
    [404, {}, 'Provider.InvalidRequest', false],
    [408, {}, 'Provider.Timeout', true],
    [413, {}, 'Provider.ContextLength', false],
    [422, {}, 'Provider.InvalidRequest', false],
    [429, {}, 'Provider.RateLimited', true, undefined],
    [429, { 'retry-after': '3' }, 'Provider.RateLimited', true, 3000],
    [429, { 'retry-after-ms': '1250' }, 'Provider.RateLimited', true, 1250],
    [500, {}, 'Provider.Unavailable', true],
    [502, {}, 'Provider.Unavailable', true],
    [503, { 'retry-after': '1' }, 'Provider.Overloaded', true, 1000],
    [529, {}, 'Provider.Overloaded', true],
  ] as const)('status %s with %j is %s after one request', async (status, headers, name, retryable, retryAfterMs?: number) => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'status', status, headers } }] });
    const { error, costNanoUsd, costBasis } = await failure();
    expect(error).toMatchObject({ name, status, provider: id, retryable });
    expect(error.message).toContain(`scripted fault ${status}`);
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect([costNanoUsd, costBasis]).toEqual([0, 'none']);
    expect(bench.upstream.summary().calls).toBe(1);
  });

  it('copes with error bodies of any kind and shows no key that they repeat', async () => {
    for (const body of [
      '',
      '<html>Bad gateway</html>',
      '{',
      { error: { message: `Incorrect API key provided: ${testKey}`, type: 'x' } },
      { error: [] },
      { message: testKey },
      { detail: testKey },
    ]) {
      bench.upstream.setScript({ rules: [{ fault: { type: 'status', status: 401, body } }] });
      expect((await failure()).error.name).toBe('Provider.Auth');
    }
  });

  it.each([301, 302, 307, 308])('follows no redirect with status %s', async (status) => {
    elsewhere.reset();
    const seen = elsewhere.connections();
    const location = `${elsewhere.baseUrl(id, provider.defaultBaseUrl)}/chat/completions`;
    bench.upstream.setScript({ rules: [{ fault: { type: 'status', status, headers: { location } } }] });
    const { error } = await failure();
    expect(error.retryable).toBe(false);
    expect(error.name).toBe('Provider.InvalidRequest');
    expect(bench.upstream.summary().calls).toBe(1);
    expect([elsewhere.connections() - seen, elsewhere.summary().calls]).toEqual([0, 0]);
  });

  it.each([
    [{ type: 'malformed-json' }, 'Provider.Unavailable'],
    [{ type: 'wrong-shape' }, 'Provider.Unavailable'],
    [{ type: 'html' }, 'Provider.Unavailable'],
    [{ type: 'empty-choices' }, 'Provider.Unavailable'],
    [{ type: 'huge-body', megabytes: 4 }, 'Provider.Unavailable'],
    [{ type: 'cut', at: 'before-headers' }, 'Provider.Unavailable'],
    [{ type: 'cut', at: 'before-tokens' }, 'Provider.Truncated'],
    [{ type: 'cut', at: 'in-body' }, 'Provider.Truncated'],
    [{ type: 'cut', at: 'after-tokens' }, 'Provider.Truncated'],
  ] as const)('%j is %s, retryable, and books the worst case', async (fault, name) => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const { error, costNanoUsd, costBasis } = await failure();
    expect(error).toMatchObject({ name, retryable: true, provider: id });
    expect(costBasis).toBe('reserved');
    expect(costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    expect(bench.upstream.summary().calls).toBe(1);
  });

  it('takes an answer of the wrong content type in full or not at all', async () => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'wrong-content-type' } }] });
    const answer = await bench
      .connect(vendor)
      .generate(request, callOptions())
      .catch((error: unknown) => error);
    const isAnswered = !(answer instanceof Error);
    expect(answer).toMatchObject(
      isAnswered
        ? { content: expect.stringMatching(/^\[\[m1\]\] Scripted answer .* to: Say hello/), finishReason: 'stop' }
        : { error: { name: 'Provider.Unavailable', retryable: true }, costBasis: 'reserved' },
    );
    expect(answer).toMatchObject({ costNanoUsd: bench.entry().chargedNanoUsd });
  });

  it.each([
    ['refused connection', () => closedPortUrl],
    ['port that fetch refuses', () => 'http://127.0.0.1:1'],
    ['unknown host', () => 'http://no-such-host.invalid'],
    ['no TLS behind https', () => `https://127.0.0.1:${bench.upstream.port}`],
  ])('%s is unavailable, retryable and free', async (what, baseUrl) => {
    const { error, costBasis } = await failureOf(bench.adapterAt(vendor, baseUrl()).generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
    expect(error.status).toBeUndefined();
    // Where fetch's own refusal can't be told from a lost answer, the worst case is the safe figure.
    const isKnownUnsent = vendor.traits.tellsRefusalsOfFetch || what !== 'port that fetch refuses';
    expect(costBasis).toBe(isKnownUnsent ? 'none' : 'reserved');
  });

  if (provider.requiresKey !== false) {
    it('names both ways to give a key', async () => {
      const missing = await failureOf(provider.createAdapter({}).generate(request, callOptions()));
      expect(missing.error).toMatchObject({ name: 'Provider.Auth', retryable: false });
      expect(missing.error.message).toContain(`${id.toUpperCase()}_API_KEY`);
      expect(missing.error.message).toContain(`providers.${id}.apiKey`);
    });
  }

  it('never shows a key that no header can carry', async () => {
    for (const bad of [`${testKey}\nx`, `${testKey}é`]) {
      const { error } = await failureOf(bench.adapterAt(vendor, closedPortUrl, bad).generate(request, callOptions()));
      expect(error.name).toBe('Provider.Auth');
    }
  });

  it('sends nothing once the signal has fired', async () => {
    const call = bench.connect(vendor).generate(request, callOptions({ signal: AbortSignal.abort() }));
    const { error, costBasis } = await failureOf(call);
    expect([error.name, costBasis, bench.upstream.summary().calls]).toEqual(['Run.Cancelled', 'none', 0]);
  });
});
