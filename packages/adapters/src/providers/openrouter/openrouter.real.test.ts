import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamPart } from '../../contract.ts';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, completion, startChatVendor } from '../../testing/chat-vendor.ts';
import { openrouter } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => openrouter.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(openrouter.defaultBaseUrl) });
const generate = (request: object = {}) => connect().generate({ prompt: 'p', ...request }, callOptions());
const stream = (parts: StreamPart[] = []) => readStream(connect().stream({ prompt: 'p' }, callOptions()), parts);
const model = 'openai/gpt-oss-20b';
const usage = { prompt_tokens: 100, completion_tokens: 20, cost: 0.00000541 };
const answer = completion({ content: 'hi' }, { model, usage });

describe('openrouter request', () => {
  it('asks for the bill, and for no host dearer than the price it counts with', async () => {
    vendor.answerWith({ json: answer });
    await generate({ maxTokens: 50, seed: 7, reasoningEffort: 'low' });
    expect(vendor.seen().path).toBe('/api/v1/chat/completions');
    expect(vendor.seen().body).toEqual({
      model,
      messages: [{ role: 'user', content: 'p' }],
      max_tokens: 50,
      seed: 7,
      reasoning: { effort: 'low' },
      usage: { include: true },
      provider: { max_price: { prompt: 0.03, completion: 0.14 } },
    });
  });

  it('asks only hosts that follow a schema when it sends one', async () => {
    vendor.answerWith({ json: completion({ content: '{}' }, { model, usage }) });
    await generate({ responseFormat: { type: 'json-schema', schema: { type: 'object' } } });
    expect(vendor.seen().body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } },
      provider: { require_parameters: true, max_price: { prompt: 0.03, completion: 0.14 } },
    });
  });

  it('limits the prices of models outside its catalogue to those of the price library', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'mistralai/mistral-large', usage }) });
    await generate({ model: 'mistralai/mistral-large' });
    expect(vendor.seen().body).toMatchObject({ provider: { max_price: { prompt: 2, completion: 6 } } });
  });

  it('limits no prices where it knows none', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'example/any', usage }) });
    await generate({ model: 'openrouter/auto' });
    expect(vendor.seen().body).toMatchObject({ model: 'openrouter/auto' });
    expect(vendor.seen().body).not.toHaveProperty('provider');
  });

  it('knows no price of the automatic choice before the call, and the bill after it', async () => {
    expect(await connect().estimateCost({ prompt: 'p', model: 'openrouter/auto' })).toMatchObject({ estimatedCostUSD: null });
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'example/any', usage }) });
    expect(await generate({ model: 'openrouter/auto' })).toMatchObject({
      model: 'example/any',
      costNanoUsd: 5410,
      costBasis: 'reported',
    });
  });

  it('asks for its first model by the id the vendor knows', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'anthropic/claude-3.5-sonnet', usage }) });
    const { warnings } = await generate({ model: 'claude-3.5-sonnet' });
    expect(vendor.seen().body).toMatchObject({ model: 'anthropic/claude-3.5-sonnet' });
    expect(warnings).toEqual([expect.stringContaining('2025-10-28')]);
  });
});

describe('openrouter bill', () => {
  it.each([
    [{ cost: 0.00000541 }, 5410, 'reported'],
    [{ cost: '0.00000541' }, 5410, 'reported'],
    [{ cost: 0 }, 0, 'reported'],
    [{ cost: 0.1 + 0.2 }, 300_000_000, 'reported'],
    [{ cost: 1.00000001e-9 }, 2, 'reported'],
    // With the user's own key at the host, `cost` is only the fee.
    [{ cost: 0.000001, is_byok: true, cost_details: { upstream_inference_cost: 0.000004 } }, 5000, 'reported'],
    [{ cost: 0.000004, is_byok: false, cost_details: { upstream_inference_cost: 0.000004 } }, 4000, 'reported'],
    // 100 × 30 + 20 × 140 nano-dollars
    [{ cost: 0.000004, is_byok: true, cost_details: null }, 5800, 'catalogue'],
    [{ cost: -1 }, 5800, 'catalogue'],
    [{ cost: null }, 5800, 'catalogue'],
    [{ cost: 'free' }, 5800, 'catalogue'],
  ])('of %j is %i nano-dollars, %s', async (bill, costNanoUsd, costBasis) => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage: { ...usage, ...bill } }) });
    expect(await generate()).toMatchObject({ costNanoUsd, costBasis, usage: { inputTokens: 100, outputTokens: 20 } });
  });

  it('is in the last chunk of a stream, after comments that keep it alive', async () => {
    const cached = { ...usage, prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 10 } };
    vendor.answerWith({
      events: [
        ': OPENROUTER PROCESSING\n\n',
        ': OPENROUTER PROCESSING\n\n',
        chunk({ role: 'assistant', content: '', reasoning: 'let me ' }, null, { model }),
        chunk({ content: '', reasoning: 'think' }, null, { model }),
        ': OPENROUTER PROCESSING\n\n',
        chunk({ content: 'hi' }, null, { model }),
        chunk({ content: '' }, 'stop', { model }),
        chunk({ role: 'assistant', content: '' }, null, { model, usage: cached }),
      ],
    });
    const { text, finish } = await stream();
    expect(text).toBe('hi');
    expect(finish?.result).toMatchObject({ reasoning: 'let me think', costNanoUsd: 5410, costBasis: 'reported' });
    expect(finish?.result.usage).toMatchObject({ cachedInputTokens: 30, cacheWriteInputTokens: 10 });
  });
});

const inStream = (error: object, finishReason: string | null = 'error') => [
  chunk({ content: 'half an ' }, null, { model }),
  chunk({ content: '' }, finishReason, { model, error }),
];

describe('openrouter failures', () => {
  it.each([
    [402, 'Provider.QuotaExceeded'],
    [429, 'Provider.RateLimited'],
    [502, 'Provider.Unavailable'],
    [503, 'Provider.Overloaded'],
  ])('%i is %s as a status and in the body of a 200, and costs nothing', async (code, name) => {
    const json = { error: { code, message: 'no luck' } };
    vendor.answerWith({ status: code, json });
    const byStatus = await failureOf(generate());
    vendor.answerWith({ json });
    const inBody = await failureOf(generate());
    expect([byStatus.error.name, inBody.error.name]).toEqual([name, name]);
    expect([byStatus.costBasis, inBody.costBasis]).toEqual(['none', 'none']);
  });

  it.each([
    [{ code: 502, message: 'Provider disconnected unexpectedly' }, 'Provider.Unavailable'],
    [{ code: 429, message: 'Rate limit exceeded' }, 'Provider.RateLimited'],
    [{ code: 402, message: 'Insufficient credits' }, 'Provider.QuotaExceeded'],
    [{ code: 'server_error', message: 'Provider disconnected unexpectedly' }, 'Provider.Unavailable'],
    [{ message: 'Provider disconnected unexpectedly' }, 'Provider.Unavailable'],
  ])('%j inside a stream is %s, never an answer, and books the worst case', async (error, name) => {
    for (const finishReason of ['error', null]) {
      vendor.answerWith({ events: inStream(error, finishReason) });
      const parts: StreamPart[] = [];
      const failure = await failureOf(stream(parts));
      expect(failure.error.name).toBe(name);
      expect(failure.error.message).toContain(error.message);
      expect(parts).toEqual([{ type: 'text', text: 'half an ' }]);
      expect(failure.costBasis).toBe('reserved');
      expect(failure.costNanoUsd).toBeGreaterThan(0);
    }
  });

  it('a choice that ended in an error is no answer, whatever it says', async () => {
    const error = { code: 502, message: 'upstream broke off' };
    const choice = { index: 0, message: { role: 'assistant', content: 'half an ans' }, finish_reason: 'error', error };
    vendor.answerWith({ json: { ...completion({}, { model, usage }), choices: [choice] } });
    const failure = await failureOf(generate());
    expect(failure.error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
    expect(failure.costBasis).toBe('reserved');
  });

  it('a stream that ends after its keep-alive comments is a failure', async () => {
    vendor.answerWith({ events: [': OPENROUTER PROCESSING\n\n'], ends: 'quietly' });
    expect((await failureOf(stream())).error).toMatchObject({ name: 'Provider.Truncated', retryable: true });
  });
});
