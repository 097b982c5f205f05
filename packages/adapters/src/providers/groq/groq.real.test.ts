import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, completion, startChatVendor } from '../../testing/chat-vendor.ts';
import { groq } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => groq.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(groq.defaultBaseUrl) });
const model = 'openai/gpt-oss-20b';
const usage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  prompt_tokens_details: { cached_tokens: 40 },
  completion_tokens_details: { reasoning_tokens: 8 },
};
const normalised = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40, cacheWriteInputTokens: 0, reasoningTokens: 8 };
// 60 × 75 + 40 × 37.5 + 20 × 300 nano-dollars
const costNanoUsd = 12_000;

describe('groq', () => {
  it('asks its own path for its default model', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage }) });
    const result = await connect().generate(
      { prompt: 'p', maxTokens: 50, seed: 7, temperature: 0.3, topP: 0.9, reasoningEffort: 'low' },
      callOptions(),
    );
    expect(vendor.seen().path).toBe('/openai/v1/chat/completions');
    expect(vendor.seen().body).toEqual({
      model,
      messages: [{ role: 'user', content: 'p' }],
      max_completion_tokens: 50,
      temperature: 0.3,
      top_p: 0.9,
      seed: 7,
      reasoning_effort: 'low',
    });
    expect(result).toMatchObject({ content: 'hi', model, usage: normalised, costNanoUsd, costBasis: 'catalogue' });
    expect(result.warnings).toBeUndefined();
  });

  it('reads the usage of a stream from the x_groq of its last chunk, and the reasoning', async () => {
    vendor.answerWith({
      events: [
        chunk({ role: 'assistant', content: '' }, null, { model, x_groq: { id: 'req_1' } }),
        chunk({ reasoning: 'let me ' }, null, { model }),
        chunk({ reasoning: 'think' }, null, { model }),
        chunk({ content: 'hi' }, null, { model }),
        chunk({}, 'stop', { model, x_groq: { id: 'req_1', usage } }),
      ],
    });
    const { text, finish } = await readStream(connect().stream({ prompt: 'p' }, callOptions()));
    expect(text).toBe('hi');
    expect(finish?.result).toMatchObject({
      content: 'hi',
      reasoning: 'let me think',
      usage: normalised,
      costNanoUsd,
      costBasis: 'catalogue',
      finishReason: 'stop',
    });
  });

  it('counts usage once when it comes in both places', async () => {
    vendor.answerWith({
      events: [
        chunk({ content: 'hi' }, 'stop', { model, x_groq: { usage } }),
        { ...chunk({}, null, { model, usage }), choices: [] },
      ],
    });
    const { finish } = await readStream(connect().stream({ prompt: 'p' }, callOptions()));
    expect(finish?.result).toMatchObject({ usage: normalised, costNanoUsd });
  });

  it('books the worst case when a stream states no usage anywhere', async () => {
    vendor.answerWith({ events: [chunk({ content: 'hi' }, 'stop', { model, x_groq: { id: 'req_1' } })] });
    const { finish } = await readStream(connect().stream({ prompt: 'p' }, callOptions()));
    expect(finish?.result).toMatchObject({ costBasis: 'reserved', content: 'hi' });
    expect(finish?.result.costNanoUsd).toBeGreaterThan(0);
  });

  it('never takes a stream that its vendor stopped early for an answer', async () => {
    vendor.answerWith({
      events: [
        chunk({ content: 'half an ' }, null, { model }),
        chunk({}, 'stop', { model, x_groq: { id: 'req_1', error: 'over capacity', usage } }),
      ],
    });
    const { error, costBasis } = await failureOf(readStream(connect().stream({ prompt: 'p' }, callOptions())));
    expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
    expect(error.message).toContain('over capacity');
    expect(costBasis).toBe('reserved');
  });

  it.each(['none', 'minimal'] as const)(
    'leaves out the reasoning effort %s, which its models reject, and says so',
    async (effort) => {
      vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage }) });
      const { warnings } = await connect().generate({ prompt: 'p', reasoningEffort: effort }, callOptions());
      expect(vendor.seen().body).not.toHaveProperty('reasoning_effort');
      expect(warnings).toEqual([expect.stringContaining(effort)]);
    },
  );

  it('asks for its first model by the id the vendor knows, and says that it was retired', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'llama-3.3-70b-versatile', usage }) });
    const { warnings, costNanoUsd: cost } = await connect().generate({ prompt: 'p', model: 'llama-3.3-70b' }, callOptions());
    expect(vendor.seen().body).toMatchObject({ model: 'llama-3.3-70b-versatile' });
    expect(warnings).toEqual([expect.stringContaining('2026-08-16')]);
    expect(cost).toBe(100 * 590 + 20 * 790);
  });
});
