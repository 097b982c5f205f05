import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, completion, startChatVendor } from '../../testing/chat-vendor.ts';
import { deepinfra } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => deepinfra.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(deepinfra.defaultBaseUrl) });
const model = 'openai/gpt-oss-20b';
const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, estimated_cost: 0.00000541 };
const withReasoning = { ...usage, completion_tokens_details: { reasoning_tokens: 15 } };

describe('deepinfra', () => {
  it('asks its own path and trusts its bill', async () => {
    vendor.answerWith({ json: completion({ content: 'hi', reasoning_content: 'hm' }, { model, usage }) });
    const result = await connect().generate({ prompt: 'p', maxTokens: 50, seed: 7, reasoningEffort: 'medium' }, callOptions());
    expect(vendor.seen().path).toBe('/v1/openai/chat/completions');
    expect(vendor.seen().body).toEqual({
      model,
      messages: [{ role: 'user', content: 'p' }],
      max_tokens: 50,
      seed: 7,
      reasoning_effort: 'medium',
    });
    expect(result).toMatchObject({ content: 'hi', reasoning: 'hm', costNanoUsd: 5410, costBasis: 'reported' });
  });

  it('trusts the bill in the last chunk of a stream', async () => {
    vendor.answerWith({
      events: [
        chunk({ content: 'hi' }, null, { model }),
        chunk({ content: '' }, 'stop', { model }),
        { ...chunk({}, null, { model, usage }), choices: [] },
      ],
    });
    const { finish } = await readStream(connect().stream({ prompt: 'p' }, callOptions()));
    expect(vendor.seen().body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(finish?.result).toMatchObject({ content: 'hi', costNanoUsd: 5410, costBasis: 'reported' });
  });

  it.each([
    [undefined, 5800, 'catalogue'],
    [null, 5800, 'catalogue'],
    [-0.1, 5800, 'catalogue'],
    ['0.0000054101', 5411, 'reported'],
    [0, 0, 'reported'],
  ])('an estimated cost of %j is booked as %i nano-dollars, %s', async (estimated, costNanoUsd, costBasis) => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage: { ...usage, estimated_cost: estimated } }) });
    expect(await connect().generate({ prompt: 'p' }, callOptions())).toMatchObject({ costNanoUsd, costBasis });
  });

  it.each([
    ['google/gemini-3.5-flash', 35],
    ['google/gemma-4-27b-it', 35],
    ['openai/gpt-oss-20b', 20],
  ])('counts the output of %s with its reasoning: %i tokens', async (answering, outputTokens) => {
    const expected = { inputTokens: 100, outputTokens, reasoningTokens: 15 };
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: answering, usage: withReasoning }) });
    const request = { prompt: 'p', model: answering };
    expect((await connect().generate(request, callOptions())).usage).toMatchObject(expected);
    vendor.answerWith({
      events: [
        chunk({ content: 'hi' }, 'stop', { model: answering }),
        { ...chunk({}, null, { model: answering, usage: withReasoning }), choices: [] },
      ],
    });
    const { finish } = await readStream(connect().stream(request, callOptions()));
    expect(finish?.result.usage).toMatchObject(expected);
  });

  it('asks for its first model by the id the vendor knows', async () => {
    const vendorModel = 'meta-llama/Meta-Llama-3.1-70B-Instruct';
    const json = completion({ content: 'hi' }, { model: vendorModel, usage: { ...usage, estimated_cost: undefined } });
    vendor.answerWith({ json });
    const result = await connect().generate({ prompt: 'p', model: 'llama-3.1-70b' }, callOptions());
    expect(vendor.seen().body).toMatchObject({ model: vendorModel });
    expect(result).toMatchObject({ model: vendorModel, costNanoUsd: 100 * 350 + 20 * 400, costBasis: 'catalogue' });
  });
});
