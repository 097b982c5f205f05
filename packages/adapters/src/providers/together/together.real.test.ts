import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, completion, startChatVendor } from '../../testing/chat-vendor.ts';
import { together } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => together.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(together.defaultBaseUrl) });
const model = 'openai/gpt-oss-20b';
const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

describe('together', () => {
  it('asks for its default model with max_tokens and a plain seed', async () => {
    vendor.answerWith({ json: completion({ content: 'hi', reasoning: 'hm' }, { model, usage }) });
    const result = await connect().generate({ prompt: 'p', maxTokens: 50, seed: 7, reasoningEffort: 'high' }, callOptions());
    expect(vendor.seen().path).toBe('/v1/chat/completions');
    expect(vendor.seen().body).toEqual({
      model,
      messages: [{ role: 'user', content: 'p' }],
      max_tokens: 50,
      seed: 7,
      reasoning_effort: 'high',
    });
    // 100 × 50 + 20 × 200 nano-dollars
    expect(result).toMatchObject({ content: 'hi', reasoning: 'hm', costNanoUsd: 9000, costBasis: 'catalogue' });
  });

  it('reads the usage of the last chunk, which has a choice', async () => {
    vendor.answerWith({
      events: [chunk({ content: 'hi' }, null, { model, usage: null }), chunk({ content: '' }, 'stop', { model, usage })],
    });
    const { finish } = await readStream(connect().stream({ prompt: 'p' }, callOptions()));
    expect(vendor.seen().body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(finish?.result).toMatchObject({ content: 'hi', costNanoUsd: 9000, costBasis: 'catalogue' });
  });

  it('bills the model that answered in the name of another', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage }) });
    const result = await connect().generate({ prompt: 'p', model: 'llama-3.1-70b' }, callOptions());
    expect(vendor.seen().body).toMatchObject({ model: 'meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo' });
    expect(result).toMatchObject({ model, costNanoUsd: 9000, costBasis: 'catalogue' });
  });

  it('never books less than the worst case for a successor of unknown price', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'example/successor-900b', usage }) });
    const request = { prompt: 'p', model: 'llama-3.1-70b', maxTokens: 50 };
    const { costNanoUsd, costBasis } = await connect().generate(request, callOptions());
    const worst = await connect().estimateCost(request);
    expect([costNanoUsd / 1e9, costBasis]).toEqual([worst.estimatedCostUSD, 'reserved']);
  });

  it('takes a stream that was cut for a failure', async () => {
    vendor.answerWith({ events: [chunk({ content: 'hi' }, null, { model })], ends: 'cut' });
    const { error, costBasis } = await failureOf(readStream(connect().stream({ prompt: 'p' }, callOptions())));
    expect(error).toMatchObject({ name: 'Provider.Truncated', retryable: true });
    expect(costBasis).toBe('reserved');
  });
});
