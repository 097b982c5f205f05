import type { ModelRequest } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { eventStream, json, type ScriptedServer, startScriptedServer } from '../../testing/scripted-server.ts';
import { gemini } from './index.ts';

let vendor: ScriptedServer;
beforeAll(async () => {
  vendor = await startScriptedServer();
});
afterAll(() => vendor.close());

const connect = () => gemini.createAdapter({ apiKey: testKey, baseUrl: vendor.url });
const generate = (request: ModelRequest = { prompt: 'p' }) => connect().generate(request, callOptions());
const stream = (request: ModelRequest = { prompt: 'p' }) => readStream(connect().stream(request, callOptions()));
const model = 'gemini-3.5-flash-lite';
const usageMetadata = {
  promptTokenCount: 100,
  cachedContentTokenCount: 40,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 8,
  totalTokenCount: 128,
};
const usage = { inputTokens: 100, outputTokens: 28, cachedInputTokens: 40, cacheWriteInputTokens: 0, reasoningTokens: 8 };
// 60 × 300 + 40 × 30 + 28 × 2500 nano-dollars
const costNanoUsd = 89_200;

const content = (parts: readonly object[], rest: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...rest }],
});
const answer = (parts: readonly object[], finishReason = 'STOP', rest: object = {}) => ({
  ...content(parts, { finishReason }),
  usageMetadata,
  modelVersion: model,
  ...rest,
});

describe('gemini', () => {
  it('asks its own path, with the key in a header only', async () => {
    vendor.answerWith(json(answer([{ text: 'hi' }])));
    const result = await connect().generate({ prompt: 'p', maxTokens: 9 }, callOptions({ idempotencyKey: 'run-1' }));
    const [request] = vendor.requests;
    expect(request?.path).toBe(`/v1beta/models/${model}:generateContent`);
    expect(request?.headers).toMatchObject({ 'x-goog-api-key': testKey, 'idempotency-key': 'run-1' });
    expect(request?.body).toMatchObject({
      contents: [{ role: 'user', parts: [{ text: 'p' }] }],
      generationConfig: { maxOutputTokens: 9 },
    });
    expect(result).toMatchObject({ content: 'hi', model, finishReason: 'stop', usage, costNanoUsd, costBasis: 'catalogue' });
  });

  it.each(['/v1beta', '/v1', '/'])('takes a base URL that ends in %s', async (path) => {
    vendor.answerWith(json(answer([{ text: 'hi' }])));
    await gemini.createAdapter({ apiKey: testKey, baseUrl: vendor.url + path }).generate({ prompt: 'p' }, callOptions());
    expect(vendor.requests[0]?.path).toBe(`/v1beta/models/${model}:generateContent`);
  });

  const calls = [
    { text: 'let me think', thought: true },
    { text: 'I look.' },
    { functionCall: { name: 'weather', args: { city: 'Berlin' } }, thoughtSignature: 'c2ln' },
    { functionCall: { id: 'theirs', name: 'clock' } },
  ];
  const read = {
    content: 'I look.',
    reasoning: 'let me think',
    // One call went before; an id is made only where the vendor gives none.
    toolCalls: [
      { id: 'call_2', name: 'weather', arguments: '{"city":"Berlin"}' },
      { id: 'theirs', name: 'clock', arguments: '{}' },
    ],
    finishReason: 'tool-calls',
    usage,
    costNanoUsd,
  };
  const conversation: ModelRequest = {
    messages: [
      { role: 'user', content: 'weather?' },
      { role: 'assistant', toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'call_1', content: 'which city?' },
      { role: 'user', content: 'Berlin' },
    ],
    tools: [{ name: 'weather', parameters: {} }],
  };

  it('reads thoughts, text and calls by the kind of part', async () => {
    vendor.answerWith(json(answer(calls)));
    expect(await generate(conversation)).toMatchObject(read);
  });

  it('streams them, with the usage of the last chunk', async () => {
    vendor.answerWith(
      eventStream([
        { ...content(calls.slice(0, 1)), usageMetadata: { promptTokenCount: 100 }, modelVersion: model },
        content(calls.slice(1, 2)),
        answer(calls.slice(2)),
      ]),
    );
    const { finish, parts } = await stream(conversation);
    expect(vendor.requests[0]?.path).toBe(`/v1beta/models/${model}:streamGenerateContent?alt=sse`);
    expect(parts.map((part) => part.type)).toEqual(['reasoning', 'text', 'tool-call', 'tool-call', 'usage', 'finish']);
    expect(finish?.result).toMatchObject(read);
  });

  it.each([
    ['MAX_TOKENS', 'length'],
    ['FUNCTION_CALL', 'tool-calls'],
    ['OTHER', 'other'],
    ['A_NEW_ONE', 'other'],
  ])('finish reason %s is %s', async (finishReason, expected) => {
    vendor.answerWith(json(answer([{ text: 'hi' }], finishReason)));
    expect((await generate()).finishReason).toBe(expected);
  });

  it.each(['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'])(
    'an answer withheld for %s is filtered, and billed',
    async (finishReason) => {
      vendor.answerWith(json(answer([], finishReason)));
      expect(await failureOf(generate())).toMatchObject({ error: { name: 'Provider.ContentFiltered' }, costNanoUsd });
    },
  );

  it.each(['generate', 'stream'] as const)('%s: a blocked prompt has no candidates and is filtered, not broken', async (how) => {
    const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 } };
    vendor.answerWith(how === 'generate' ? json(blocked) : eventStream([blocked]));
    const { error, costNanoUsd: cost } = await failureOf(how === 'generate' ? generate() : stream());
    expect(error).toMatchObject({ name: 'Provider.ContentFiltered', retryable: false });
    expect(cost).toBe(10 * 300);
  });

  it('a malformed tool call is no answer', async () => {
    vendor.answerWith(json(answer([], 'MALFORMED_FUNCTION_CALL')));
    expect((await failureOf(generate())).error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
  });

  it.each([
    ['counts of zero are left out', { promptTokenCount: 100, totalTokenCount: 100 }, { inputTokens: 100, outputTokens: 0 }],
    ['explicit zeros', { promptTokenCount: 0, candidatesTokenCount: 0 }, { inputTokens: 0, outputTokens: 0 }],
    [
      'tool prompts are input, thoughts are output',
      { promptTokenCount: 10, toolUsePromptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 3 },
      { inputTokens: 15, outputTokens: 5, reasoningTokens: 3 },
    ],
  ])('usage: %s', async (_, metadata, expected) => {
    vendor.answerWith(json(answer([{ text: 'hi' }], 'STOP', { usageMetadata: metadata })));
    expect(await generate()).toMatchObject({ usage: expected, costBasis: 'catalogue' });
  });

  it.each([undefined, {}, { candidatesTokenCount: 3 }, { promptTokenCount: 3 }])(
    'usage %j is no usage: the worst case is booked',
    async (metadata) => {
      vendor.answerWith(json(answer([{ text: 'hi' }], 'STOP', { usageMetadata: metadata })));
      expect(await generate()).toMatchObject({ content: 'hi', costBasis: 'reserved' });
    },
  );

  it('books the worst case for a stream whose last pieces were not counted', async () => {
    vendor.answerWith(eventStream([answer([{ text: 'a' }]), content([{ text: 'b' }], { finishReason: 'STOP' })]));
    expect((await stream()).finish?.result).toMatchObject({ content: 'ab', costBasis: 'reserved' });
  });

  it('gives the sources that the vendor names', async () => {
    const groundingMetadata = { groundingChunks: [{ web: { uri: 'https://a.test', title: 'A' } }, {}] };
    const citationMetadata = { citationSources: [{ uri: 'https://a.test' }, { uri: 'https://b.test' }, {}] };
    const body = { ...content([{ text: 'hi' }], { finishReason: 'STOP', groundingMetadata, citationMetadata }), usageMetadata };
    const citations = [{ url: 'https://a.test', title: 'A' }, { url: 'https://b.test' }];
    vendor.answerWith(json(body));
    expect((await generate()).citations).toEqual(citations);
    vendor.answerWith(eventStream([body]));
    expect((await stream()).finish?.result.citations).toEqual(citations);
  });

  it('refuses image URLs before anything is sent', async () => {
    vendor.answerWith(json(answer([{ text: 'hi' }])));
    const image = { type: 'image' as const, url: 'https://x.test/i.png' };
    const { error, costBasis } = await failureOf(generate({ messages: [{ role: 'user', content: [image] }] }));
    expect(error).toMatchObject({ name: 'Provider.InvalidRequest', retryable: false });
    expect(costBasis).toBe('none');
    expect(vendor.requests).toEqual([]);
  });

  it('says that its first model was retired', async () => {
    vendor.answerWith(json({ ...answer([{ text: 'hi' }]), modelVersion: 'gemini-1.5-flash-002' }));
    const { warnings, costNanoUsd: cost } = await generate({ prompt: 'p', model: 'gemini-1.5-flash' });
    expect(warnings).toEqual([expect.stringContaining('2025-09-29')]);
    expect(cost).toBe(100 * 75 + 28 * 300);
  });
});
