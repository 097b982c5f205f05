import { describe, expect, it } from 'vitest';
import type { StreamPart } from '../contract.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const request = { prompt: 'Tell a story [[s1]]', maxTokens: 50 };
const busy = { type: 'overloaded_error', message: 'busy' };

describe.each(vendors)('%s stream fails', (id, vendor) => {
  const { traits } = vendor;
  const readInto = (parts: StreamPart[]) => failureOf(readStream(bench.connect(vendor).stream(request, callOptions()), parts));

  it.each([
    [{ type: 'cut', at: 'before-headers' }, 'Provider.Unavailable', false],
    [{ type: 'cut', at: 'before-tokens' }, 'Provider.Truncated', false],
    [{ type: 'cut', at: 'in-body' }, 'Provider.Truncated', true],
    [{ type: 'cut', at: 'after-tokens' }, 'Provider.Truncated', true],
    [{ type: 'no-finish' }, 'Provider.Truncated', true],
    [{ type: 'empty-choices' }, /^Provider\.(?:Truncated|Unavailable)$/, false],
    [{ type: 'malformed-json' }, 'Provider.Unavailable', false],
    [{ type: 'malformed-sse', how: 'half-event' }, 'Provider.Unavailable', true],
    [{ type: 'malformed-sse', how: 'no-fields' }, /^Provider\.(?:Truncated|Unavailable)$/, false],
    [{ type: 'wrong-shape' }, /^Provider\.(?:Truncated|Unavailable)$/, false],
    [{ type: 'huge-body', megabytes: 4 }, /^Provider\.(?:Truncated|Unavailable)$/, false],
    [{ type: 'html' }, /^Provider\.(?:Truncated|Unavailable)$/, false],
    [{ type: 'error-in-stream', error: busy, at: 'before-tokens' }, 'Provider.Overloaded', false],
    [{ type: 'error-in-stream', error: busy, at: 'in-body' }, 'Provider.Overloaded', true],
    [{ type: 'error-in-stream', error: { type: 'api_error', message: `oops ${testKey}` } }, 'Provider.Unavailable', true],
  ] as const)('%j never ends as a success: %s', async (fault, name, hasText) => {
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault }] });
    const parts: StreamPart[] = [];
    const { error, costNanoUsd, costBasis } = await readInto(parts);
    expect(error).toMatchObject({ retryable: true, provider: id });
    if (name === 'Provider.Overloaded' && !traits.hasErrorKinds) expect(error.name).toBe('Provider.Unavailable');
    else expect(error.name).toMatch(name);
    expect(parts.every((part) => part.type === 'text')).toBe(true);
    expect(parts.length > 0).toBe(hasText);
    expect(costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    expect(costBasis).toBe('reserved');
    expect(bench.upstream.summary().calls).toBe(1);
  });

  it.each([
    [400, {}, 'Provider.InvalidRequest'],
    [401, {}, 'Provider.Auth'],
    [403, {}, 'Provider.Auth'],
    [404, {}, 'Provider.InvalidRequest'],
    [408, {}, 'Provider.Timeout'],
    [413, {}, 'Provider.ContextLength'],
    [422, {}, 'Provider.InvalidRequest'],
    [429, {}, 'Provider.RateLimited'],
    [429, { 'retry-after': '2' }, 'Provider.RateLimited', 2000],
    [500, {}, 'Provider.Unavailable'],
    [502, {}, 'Provider.Unavailable'],
    [503, {}, 'Provider.Overloaded'],
    [529, {}, 'Provider.Overloaded'],
    [307, { location: '/elsewhere' }, 'Provider.InvalidRequest'],
  ] as const)('status %s with %j is %s before the first token', async (status, headers, name, retryAfterMs?: number) => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'status', status, headers } }] });
    const parts: StreamPart[] = [];
    const { error, costBasis } = await readInto(parts);
    expect(error).toMatchObject({ name, provider: id });
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect([costBasis, parts.length, bench.upstream.summary().calls]).toEqual(['none', 0, 1]);
  });

  it.each([
    ['unknown host', () => 'http://no-such-host.invalid'],
    ['no TLS behind https', () => `https://127.0.0.1:${bench.upstream.port}`],
  ])('%s is unavailable and free', async (_, baseUrl) => {
    const stream = bench.adapterAt(vendor, baseUrl()).stream(request, callOptions());
    const { error, costBasis } = await failureOf(readStream(stream));
    expect([error.name, costBasis]).toEqual(['Provider.Unavailable', 'none']);
  });
});
