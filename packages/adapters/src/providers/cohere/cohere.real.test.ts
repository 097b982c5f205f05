import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, startChatVendor } from '../../testing/chat-vendor.ts';
import { cohere } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => cohere.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(cohere.defaultBaseUrl) });
const request = { prompt: 'hello', maxTokens: 100 };
const usage = {
  billed_units: { input_tokens: 8, output_tokens: 50 },
  tokens: { input_tokens: 1394, output_tokens: 54 },
  cached_tokens: 1360,
};
const billed = { inputTokens: 8, outputTokens: 50, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
const billedNanoUsd = Math.ceil(8 * 37.5 + 50 * 150);
const answer = (message: object, changes: object = {}) => ({
  id: 'a1',
  message: { role: 'assistant', ...message },
  finish_reason: 'COMPLETE',
  usage,
  ...changes,
});
const text = (content: string) => ({ content: [{ type: 'text', text: content }] });

describe('cohere generate', () => {
  it('reads text and thinking, and books what is billed', async () => {
    vendor.answerWith({
      json: answer({
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Hi.' },
        ],
      }),
    });
    const result = await connect().generate(request, callOptions({ idempotencyKey: 'k1' }));
    expect(result).toMatchObject({
      content: 'Hi.',
      reasoning: 'Hm.',
      finishReason: 'stop',
      model: 'command-r7b-12-2024',
      usage: billed,
      costNanoUsd: billedNanoUsd,
      costBasis: 'catalogue',
    });
    expect(vendor.seen()).toMatchObject({ path: '/v2/chat', headers: { 'idempotency-key': 'k1' } });
    expect(vendor.seen().headers.authorization).toBe(`Bearer ${testKey}`);
  });

  it('falls back on the tokens, an upper bound, and on the worst case', async () => {
    vendor.answerWith({ json: answer(text('Hi.'), { usage: { tokens: usage.tokens } }) });
    expect((await connect().generate(request, callOptions())).usage).toMatchObject({ inputTokens: 1394, outputTokens: 54 });
    vendor.answerWith({ json: answer(text('Hi.'), { usage: undefined }) });
    expect((await connect().generate(request, callOptions())).costBasis).toBe('reserved');
    const zero = { billed_units: { input_tokens: 0, output_tokens: 0 }, tokens: usage.tokens };
    vendor.answerWith({ json: answer(text('Hi.'), { usage: zero }) });
    expect(await connect().generate(request, callOptions())).toMatchObject({ costNanoUsd: 0, costBasis: 'catalogue' });
  });

  it('reads tool calls with their plan, and missing arguments as none', async () => {
    const call = (id: string, given: string | null) => ({ id, type: 'function', function: { name: 'lookup', arguments: given } });
    const message = { tool_plan: 'I will look.', tool_calls: [call('c1', '{"q":1}'), call('c2', 'null')] };
    vendor.answerWith({ json: answer(message, { finish_reason: 'TOOL_CALL' }) });
    const tools = [{ name: 'lookup', parameters: { type: 'object' } }];
    expect(await connect().generate({ ...request, tools }, callOptions())).toMatchObject({
      content: '',
      reasoning: 'I will look.',
      finishReason: 'tool-calls',
      toolCalls: [
        { id: 'c1', name: 'lookup', arguments: '{"q":1}' },
        { id: 'c2', name: 'lookup', arguments: '{}' },
      ],
    });
  });

  it.each([
    ['STOP_SEQUENCE', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['SOMETHING_NEW', 'other'],
  ])('%s is %s', async (reason, finishReason) => {
    vendor.answerWith({ json: answer(text('Hi.'), { finish_reason: reason }) });
    expect((await connect().generate(request, callOptions())).finishReason).toBe(finishReason);
  });

  it.each([
    [answer(text('Hi'), { finish_reason: 'ERROR' }), 'Provider.Unavailable'],
    [answer(text('Hi'), { finish_reason: 'TIMEOUT' }), 'Provider.Timeout'],
    [answer({ content: [] }, { finish_reason: null }), 'Provider.Unavailable'],
    [answer({ tool_calls: [{ id: 'c1', function: { arguments: '{}' } }] }), 'Provider.Unavailable'],
    [{ hello: 'world' }, 'Provider.Unavailable'],
    ['text', 'Provider.Unavailable'],
  ])('a 200 with %j is a failure: %s', async (json, name) => {
    vendor.answerWith({ json });
    const { error, costBasis } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name, retryable: true });
    expect(costBasis).toBe('reserved');
  });

  it.each([
    [400, 'invalid request: unknown parameter', 'Provider.InvalidRequest'],
    [400, 'too many tokens: size limit exceeded by 100 tokens', 'Provider.ContextLength'],
    [401, 'invalid api token', 'Provider.Auth'],
    [402, 'please add a payment method', 'Provider.QuotaExceeded'],
    [429, 'You are using a Trial key', 'Provider.RateLimited'],
    [498, 'invalid token', 'Provider.Overloaded'],
    [500, 'internal server error', 'Provider.Unavailable'],
  ])('classifies HTTP %i with the message at the top: %s', async (status, message, name) => {
    vendor.answerWith({ status, json: { id: 'e1', message } });
    const failure = await failureOf(connect().generate(request, callOptions()));
    expect(failure.error).toMatchObject({ name, status });
    expect(failure.error.message).toContain(message);
    expect(failure.costBasis).toBe('none');
  });

  it('is healthy when the list of models answers, and tells the limits of trial keys', async () => {
    const adapter = connect();
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: null });
    const headers = { 'x-trial-endpoint-call-limit': '40', 'x-trial-endpoint-call-remaining': '39' };
    vendor.answerWith({ json: answer(text('Hi.')), headers });
    await adapter.generate(request, callOptions());
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: 40, requestsRemaining: 39, tokenLimit: null });
    vendor.answerWith({ json: { models: [] } });
    expect(await adapter.healthCheck()).toMatchObject({ status: 'healthy' });
    expect(vendor.seen().path).toBe('/v1/models');
  });
});

describe('cohere stream', () => {
  const start = {
    id: 'a1',
    type: 'message-start',
    delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [] } },
  };
  const piece = (type: string, message: object, index = 0) => ({ type, index, delta: { message } });
  const texts = (...contents: readonly string[]) => [
    piece('content-start', { content: { type: 'text', text: '' } }),
    ...contents.map((content) => piece('content-delta', { content: { text: content } })),
    { type: 'content-end', index: 0 },
  ];
  const end = (changes: object = {}) => ({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage, ...changes } });

  it('reads text, thinking and the exact usage', async () => {
    const thinking = [
      piece('content-start', { content: { type: 'thinking', thinking: '' } }),
      piece('content-delta', { content: { thinking: 'Hm.' } }),
      { type: 'content-end', index: 0 },
    ];
    vendor.answerWith({ events: [start, ...thinking, ...texts('He', 'llo.'), end()], ends: 'quietly' });
    const { parts, text: content, finish } = await readStream(connect().stream(request, callOptions()));
    expect(content).toBe('Hello.');
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'text', 'usage', 'finish']);
    expect(finish?.result).toMatchObject({
      content: 'Hello.',
      reasoning: 'Hm.',
      usage: billed,
      costNanoUsd: billedNanoUsd,
      costBasis: 'catalogue',
    });
    expect(vendor.seen().body).toMatchObject({ stream: true });
    expect(vendor.seen().body).not.toHaveProperty('stream_options');
  });

  it('reads parallel tool calls', async () => {
    const call = (index: number, id: string, ...deltas: readonly string[]) => [
      piece('tool-call-start', { tool_calls: { id, type: 'function', function: { name: 'lookup', arguments: '' } } }, index),
      ...deltas.map((given) => piece('tool-call-delta', { tool_calls: { function: { arguments: given } } }, index)),
      { type: 'tool-call-end', index },
    ];
    const plan = { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will look.' } } };
    const calls = [...call(0, 'c1', '{"q"', ':1}'), ...call(1, 'c2', 'nu', 'll'), ...call(2, 'c3')];
    vendor.answerWith({ events: [start, plan, ...calls, end({ finish_reason: 'TOOL_CALL' })], ends: 'quietly' });
    const tools = [{ name: 'lookup', parameters: { type: 'object' } }];
    const { finish } = await readStream(connect().stream({ ...request, tools }, callOptions()));
    expect(finish?.result).toMatchObject({
      reasoning: 'I will look.',
      finishReason: 'tool-calls',
      toolCalls: [
        { id: 'c1', name: 'lookup', arguments: '{"q":1}' },
        { id: 'c2', name: 'lookup', arguments: '{}' },
        { id: 'c3', name: 'lookup', arguments: '{}' },
      ],
    });
  });

  it.each([
    ['the stream stops', [], 'quietly', 'Provider.Truncated'],
    ['it is cut', [], 'cut', 'Provider.Truncated'],
    ['it ends without a reason', [{ type: 'message-end', delta: { usage } }], 'quietly', 'Provider.Truncated'],
    ['the model fails', [end({ finish_reason: 'ERROR', error: 'lost it' })], 'quietly', 'Provider.Unavailable'],
    ['the model runs out of time', [end({ finish_reason: 'TIMEOUT' })], 'quietly', 'Provider.Timeout'],
    ['a tool has no name', [piece('tool-call-start', { tool_calls: { id: 'c1' } })], 'quietly', 'Provider.Unavailable'],
    ['there is an error event', [{ type: 'error', message: 'lost' }], 'quietly', 'Provider.Unavailable'],
    ['an event is broken', ['data: {"type": "cont\n\n'], 'quietly', 'Provider.Unavailable'],
    ['an event is none', ['data: "hello"\n\n'], 'quietly', 'Provider.Unavailable'],
  ] as const)('is no success when %s', async (_, last, ends, name) => {
    vendor.answerWith({ events: [start, ...texts('He', 'llo'), ...last], ends });
    const { error, costBasis } = await failureOf(readStream(connect().stream(request, callOptions())));
    expect(error).toMatchObject({ name, retryable: true });
    expect(costBasis).toBe('reserved');
  });
});

describe('cohere against aimock', () => {
  let mock: LLMock;
  beforeAll(async () => {
    mock = new LLMock();
    await mock.start();
  });
  afterAll(() => mock.stop());

  it('books the usage of a stream to the token', async () => {
    const reported = { input_tokens: 12, output_tokens: 7 };
    mock.onMessage('hello', { content: 'Hello from the mock, in several pieces.', usage: reported });
    const adapter = cohere.createAdapter({ apiKey: testKey, baseUrl: `${mock.url}/v2` });
    const { text: content, finish } = await readStream(adapter.stream(request, callOptions()));
    expect(content).toBe('Hello from the mock, in several pieces.');
    expect(finish?.result).toMatchObject({
      usage: { inputTokens: 12, outputTokens: 7 },
      costNanoUsd: 12 * 37.5 + 7 * 150,
      costBasis: 'catalogue',
    });
  });

  it('reads tool calls', async () => {
    mock.onMessage('weather', { toolCalls: [{ id: 'c1', name: 'lookup', arguments: '{"city":"Rome"}' }] });
    const adapter = cohere.createAdapter({ apiKey: testKey, baseUrl: `${mock.url}/v2` });
    const tools = [{ name: 'lookup', parameters: { type: 'object' } }];
    const weather = { prompt: 'weather?', tools, maxTokens: 100 };
    const toolCalls = [{ id: 'c1', name: 'lookup', arguments: '{"city":"Rome"}' }];
    expect(await adapter.generate(weather, callOptions())).toMatchObject({ toolCalls, finishReason: 'tool-calls' });
    const { finish } = await readStream(adapter.stream(weather, callOptions()));
    expect(finish?.result).toMatchObject({ toolCalls, finishReason: 'tool-calls' });
  });
});
