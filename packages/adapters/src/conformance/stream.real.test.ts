import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startUpstream, type Upstream } from '../../../../test/support/upstream/upstream.ts';
import type { StreamPart } from '../contract.ts';
import { providers } from '../registry.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterEach(() => {
  upstream.setScript({});
  upstream.reset();
});
afterAll(() => upstream.close());

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s stream', (id, provider) => {
  const connect = () => provider.createAdapter({ apiKey: testKey, baseUrl: upstream.baseUrl(id, provider.defaultBaseUrl) });
  const request = { prompt: 'Tell a story [[s1]]', maxTokens: 50 };
  const firstEntry = () => upstream.entries()[0];

  it('yields text, then usage, then finish, and adds up to what generate returns', async () => {
    const { parts, text, finish } = await readStream(connect().stream(request, callOptions({ idempotencyKey: 'k1' })));
    const types = parts.map((part) => part.type);
    expect(types.slice(-2)).toEqual(['usage', 'finish']);
    expect(types.filter((type) => type === 'text').length).toBeGreaterThan(2);
    expect(text).toBe(finish?.result.content);
    expect(firstEntry()).toMatchObject({ isStream: true, idempotencyKey: 'k1', isFullySent: true });
    expect(finish?.result.costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
    expect(finish?.result).toEqual(await connect().generate(request, callOptions()));
  });

  it('sends what generate sends, plus what a stream needs', async () => {
    upstream.setScript({ recordRequests: true });
    await readStream(connect().stream({ prompt: 'p', systemPrompt: 's', temperature: 0.3 }, callOptions()));
    expect(firstEntry()?.request).toMatchSnapshot();
  });

  it('bills cached input once', async () => {
    upstream.setScript({ rules: [{ cachedTokens: 5 }] });
    const { finish } = await readStream(connect().stream(request, callOptions()));
    expect(finish?.result.usage.cachedInputTokens).toBe(5);
    expect(finish?.result.costNanoUsd).toBe(firstEntry()?.chargedNanoUsd);
  });

  it('puts characters together that arrive in pieces', async () => {
    const content = 'naïve 日本語 😀😀 end';
    upstream.setScript({ rules: [{ content, fault: { type: 'slow-drip', chunkBytes: 7, intervalMs: 0 } }] });
    expect((await readStream(connect().stream(request, callOptions()))).text).toBe(content);
  });

  it.each([
    [{ type: 'cut', at: 'before-headers' }, 'Provider.Unavailable'],
    [{ type: 'cut', at: 'in-body' }, 'Provider.Truncated'],
    [{ type: 'no-finish' }, 'Provider.Truncated'],
    [{ type: 'empty-choices' }, 'Provider.Truncated'],
    [{ type: 'malformed-json' }, 'Provider.Unavailable'],
    [{ type: 'error-in-stream', error: { type: 'overloaded_error', message: 'busy' } }, 'Provider.Overloaded'],
    [{ type: 'error-in-stream', error: { type: 'api_error', message: `oops ${testKey}` } }, 'Provider.Unavailable'],
  ] as const)('%j never ends as a success: %s', async (fault, name) => {
    upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const parts: StreamPart[] = [];
    const { error, costNanoUsd, costBasis } = await failureOf(readStream(connect().stream(request, callOptions()), parts));
    expect(error).toMatchObject({ name, retryable: true });
    expect(parts.every((part) => part.type === 'text')).toBe(true);
    expect([costNanoUsd, costBasis]).toEqual([firstEntry()?.chargedNanoUsd, 'reserved']);
  });

  it('reports an error status before the first token', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'status', status: 429, headers: { 'retry-after': '2' } } }] });
    const { error, costBasis } = await failureOf(readStream(connect().stream(request, callOptions())));
    expect(error).toMatchObject({ name: 'Provider.RateLimited', retryAfterMs: 2000 });
    expect(costBasis).toBe('none');
  });

  it.each([
    { type: 'hang', at: 'before-headers' },
    { type: 'hang', at: 'in-body' },
  ] as const)('%j ends with our timeout', async (fault) => {
    upstream.setScript({ rules: [{ fault }] });
    const { error } = await failureOf(readStream(connect().stream(request, callOptions({ timeoutMs: 150 }))));
    expect(error.name).toBe('Provider.Timeout');
    await vi.waitFor(() => expect(firstEntry()).toMatchObject({ isClientGone: true }));
  });

  it('an abort in the middle is an error, not a quiet end, and closes the socket within 100 ms', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'hang', at: 'in-body' } }] });
    const controller = new AbortController();
    const parts: StreamPart[] = [];
    const call = failureOf(readStream(connect().stream(request, callOptions({ signal: controller.signal })), parts));
    await vi.waitFor(() => expect(parts.length).toBeGreaterThan(0), { interval: 5 });
    const abortedAt = Date.now();
    controller.abort();
    expect((await call).error.name).toBe('Run.Cancelled');
    await vi.waitFor(() => expect(firstEntry()).toMatchObject({ isClientGone: true }), { interval: 5 });
    const entry = firstEntry();
    expect((entry?.atMs ?? 0) + (entry?.closedAfterMs ?? 0) - abortedAt).toBeLessThan(100);
  });

  it('a reader that leaves closes the socket', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'hang', at: 'in-body' } }] });
    for await (const part of connect().stream(request, callOptions())) {
      expect(part.type).toBe('text');
      break;
    }
    await vi.waitFor(() => expect(firstEntry()).toMatchObject({ isClientGone: true }));
  });

  it('takes an explicit zero for a zero and books the worst case when usage is missing', async () => {
    upstream.setScript({ rules: [{ fault: { type: 'usage', usage: 'zero' } }] });
    const zero = await readStream(connect().stream(request, callOptions()));
    expect(zero.finish?.result).toMatchObject({ costNanoUsd: 0, costBasis: 'catalogue' });
    upstream.reset();
    upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'usage', usage: 'missing' } }] });
    const missing = await readStream(connect().stream(request, callOptions()));
    expect(missing.finish?.result).toMatchObject({ costBasis: 'reserved', costNanoUsd: firstEntry()?.chargedNanoUsd });
  });

  it('reuses its connections', async () => {
    const adapter = connect();
    await readStream(adapter.stream(request, callOptions()));
    const before = upstream.connections();
    for (let call = 0; call < 10; call++) await readStream(adapter.stream(request, callOptions()));
    expect(upstream.connections() - before).toBeLessThanOrEqual(1);
  });
});
