import { describe, expect, it } from 'vitest';
import { callOptions, readStream } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const request = { prompt: 'Tell a story [[s1]]', maxTokens: 50 };

describe.each(vendors)('%s stream', (_id, vendor) => {
  const { traits } = vendor;
  const read = () => readStream(bench.connect(vendor).stream(request, callOptions()));

  it('yields text, then usage, then finish, and adds up to what generate returns', async () => {
    const options = callOptions({ idempotencyKey: 'k1' });
    const { parts, text, finish } = await readStream(bench.connect(vendor).stream(request, options));
    const types = parts.map((part) => part.type);
    expect(types.slice(-2)).toEqual(['usage', 'finish']);
    expect(types.filter((type) => type === 'text').length).toBeGreaterThan(2);
    expect(text).toBe(finish?.result.content);
    const entry = bench.entry();
    expect(entry).toMatchObject({ isStream: true, isFullySent: true });
    expect(entry.idempotencyKey).toBe(traits.takesIdempotencyKey ? 'k1' : null);
    expect(finish?.result.costNanoUsd).toBe(entry.chargedNanoUsd);
    expect(finish?.result).toEqual(await bench.connect(vendor).generate(request, callOptions()));
  });

  it('sends what generate sends, plus what a stream needs', async () => {
    bench.upstream.setScript({ recordRequests: true });
    await readStream(bench.connect(vendor).stream({ prompt: 'p', systemPrompt: 's', temperature: 0.3 }, callOptions()));
    expect(bench.entry().request).toMatchSnapshot();
  });

  it('bills each class of tokens once', async () => {
    bench.upstream.setScript({ rules: [{ cachedTokens: 3, cacheWriteTokens: 2, reasoning: 'Let me think.' }] });
    const { finish, parts } = await read();
    const { usage, chargedNanoUsd } = bench.entry();
    expect(finish?.result.usage).toMatchObject({ inputTokens: usage?.input, outputTokens: usage?.output });
    if (traits.countsCacheReads) expect(finish?.result.usage.cachedInputTokens).toBe(3);
    if (traits.countsCacheReads) expect(finish?.result.costNanoUsd).toBe(chargedNanoUsd);
    expect(parts.find((part) => part.type === 'usage')).toMatchObject({ costNanoUsd: finish?.result.costNanoUsd });
    expect(parts.map((part) => (part.type === 'reasoning' ? part.text : '')).join('')).toBe('Let me think.');
    expect(finish?.result.reasoning).toBe('Let me think.');
  });

  it('puts characters together that arrive in pieces', async () => {
    const content = 'naïve 日本語 😀😀 end';
    bench.upstream.setScript({ rules: [{ content, fault: { type: 'slow-drip', chunkBytes: 7, intervalMs: 0 } }] });
    expect((await read()).text).toBe(content);
  });

  it('takes an explicit zero for a zero and books the worst case when usage is missing', async () => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'usage', usage: 'zero' } }] });
    const zero = await read();
    expect(zero.finish?.result.costNanoUsd).toBe(0);
    expect(zero.finish?.result.costBasis).toBe(traits.statesBill ? 'reported' : 'catalogue');
    bench.upstream.reset();
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'usage', usage: 'missing' } }] });
    const missing = await read();
    expect(missing.finish?.result).toMatchObject({ costBasis: 'reserved', costNanoUsd: bench.entry().chargedNanoUsd });
  });

  it('says why an answer ended', async () => {
    bench.upstream.setScript({ rules: [{ fault: { type: 'finish', reason: 'limit' } }] });
    expect((await read()).finish?.finishReason).toBe('length');
  });
});
