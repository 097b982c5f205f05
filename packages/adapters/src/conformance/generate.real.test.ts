import { describe, expect, it } from 'vitest';
import { callOptions, failureOf } from '../testing/calls.ts';
import { useBench, vendors } from '../testing/conformance.ts';

const bench = useBench();
const request = { prompt: 'Say hello [[m1]]', maxTokens: 50 };

describe.each(vendors)('%s generate', (id, vendor) => {
  const { provider, traits } = vendor;
  const script = (...rules: NonNullable<Parameters<typeof bench.upstream.setScript>[0]['rules']>) =>
    bench.upstream.setScript({ rules });
  const generate = (changes: object = {}) => bench.connect(vendor).generate({ ...request, ...changes }, callOptions());

  it('answers, counts and prices as the vendor does', async () => {
    const result = await bench
      .connect(vendor)
      .generate({ ...request, systemPrompt: 'Be brief.' }, callOptions({ idempotencyKey: 'run-1.step.1' }));
    expect(result.content).toMatch(/^\[\[m1\]\] Scripted answer /);
    expect(result).toMatchObject({
      provider: id,
      model: provider.defaultModel,
      finishReason: 'stop',
      costBasis: traits.statesBill ? 'reported' : 'catalogue',
    });
    const entry = bench.entry();
    expect(entry).toMatchObject({ marker: 'm1', provider: id, status: 200, isFullySent: true });
    expect(entry.idempotencyKey).toBe(traits.takesIdempotencyKey ? 'run-1.step.1' : null);
    expect(result.usage).toMatchObject({ inputTokens: entry.usage?.input, outputTokens: entry.usage?.output });
    expect(result.costNanoUsd).toBe(entry.chargedNanoUsd);
    expect(result.costNanoUsd).toBeGreaterThan(0);
  });

  it.each(provider.models.map((row) => row.model))('sends %s only what it accepts', async (model) => {
    bench.upstream.setScript({ recordRequests: true });
    const { warnings } = await bench.connect(vendor).generate(
      {
        prompt: 'p',
        systemPrompt: 's',
        temperature: 0.3,
        topP: 0.9,
        stop: ['END'],
        seed: 7,
        reasoningEffort: 'low',
        maxTokens: 99,
        model,
      },
      callOptions(),
    );
    const { request: sent, model: addressed } = bench.entry();
    expect({ addressed, sent, warnings }).toMatchSnapshot();
  });

  it('bills each class of tokens once, at its own price', async () => {
    script({ cachedTokens: 3, cacheWriteTokens: 2, reasoning: 'Let me think about that.' });
    const { usage, costNanoUsd } = await generate();
    const { usage: counted, chargedNanoUsd } = bench.entry();
    expect(usage.inputTokens).toBe(counted?.input);
    expect(usage.outputTokens).toBe(counted?.output);
    if (traits.countsCacheReads) expect(usage.cachedInputTokens).toBe(3);
    if (traits.countsCacheWrites) expect(usage.cacheWriteInputTokens).toBe(2);
    if (traits.countsReasoning) expect(usage.reasoningTokens).toBe(counted?.reasoning);
    if (traits.countsCacheReads) expect(costNanoUsd).toBe(chargedNanoUsd);
    else expect(costNanoUsd).toBeGreaterThanOrEqual(chargedNanoUsd);
  });

  it('bills the model that answered', async () => {
    const other = provider.models.find((row) => row.model !== provider.defaultModel);
    const answerModel = `${other?.model ?? provider.defaultModel}-2026-01-31`;
    script({ answerModel });
    const { model, costNanoUsd } = await generate();
    if (traits.namesModel) {
      expect(model).toBe(answerModel);
      expect(costNanoUsd).toBe(bench.entry().chargedNanoUsd);
    } else {
      expect(model).toBe(provider.defaultModel);
    }
  });

  if (traits.statesBill) {
    it('books the bill that the vendor states, also an odd one', async () => {
      script({ billNanoUsd: 1_234_567_891 });
      expect(await generate()).toMatchObject({ costNanoUsd: 1_234_567_891, costBasis: 'reported' });
    });
  }

  it('makes text storable', async () => {
    script({ content: 'nul \u0000 lone \uD800 emoji 😀' });
    expect((await generate()).content).toBe('nul \uFFFD lone \uFFFD emoji 😀');
  });

  it('takes an explicit zero for a zero and books the worst case when usage is missing', async () => {
    script({ fault: { type: 'usage', usage: 'zero' } });
    const zero = await generate();
    expect([zero.costNanoUsd, zero.usage.inputTokens, zero.usage.outputTokens]).toEqual([0, 0, 0]);
    expect(zero.costBasis).toBe(traits.statesBill ? 'reported' : 'catalogue');
    bench.upstream.reset();
    bench.upstream.setScript({ usage: 'worst-case', rules: [{ fault: { type: 'usage', usage: 'missing' } }] });
    const missing = await generate();
    expect(missing).toMatchObject({ costBasis: 'reserved', costNanoUsd: bench.entry().chargedNanoUsd });
    expect(missing.warnings?.join(' ')).toContain('worst case');
  });

  it('returns an answer that reached the output limit, and refuses one that was withheld', async () => {
    script({ fault: { type: 'finish', reason: 'limit' } });
    expect(await generate()).toMatchObject({ finishReason: 'length' });
    bench.upstream.reset();
    script({ fault: { type: 'finish', reason: 'refused' } });
    const refused = await failureOf(generate());
    expect(refused.error).toMatchObject({ name: 'Provider.ContentFiltered', retryable: false });
    expect(refused.costNanoUsd).toBe(bench.entry().chargedNanoUsd);
  });

  it('survives a connection that is closed after the answer', async () => {
    script({ fault: { type: 'cut', at: 'after-body' } });
    const adapter = bench.connect(vendor);
    for (let call = 0; call < 3; call++) expect((await adapter.generate(request, callOptions())).finishReason).toBe('stop');
  });

  it('estimates the worst case before the call', async () => {
    const { estimatedCostUSD, inputTokenCost, outputTokenCost } = await bench.connect(vendor).estimateCost(request);
    expect(estimatedCostUSD).toBeGreaterThanOrEqual((inputTokenCost ?? 0) + (outputTokenCost ?? 0) - 1e-12);
    expect(inputTokenCost).toBeGreaterThan(0);
    expect(outputTokenCost).toBeGreaterThan(0);
    const unpriced = await bench.connect(vendor).estimateCost({ ...request, model: 'nobody-knows' });
    expect(unpriced.estimatedCostUSD).toBeNull();
    expect(bench.connect(vendor).supports('streaming')).toBe(true);
  });
});
