import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, startChatVendor } from '../../testing/chat-vendor.ts';
import { perplexity } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => perplexity.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(perplexity.defaultBaseUrl) });
const request = { prompt: 'What is new?', maxTokens: 100 };

const searchResults = {
  type: 'search_results',
  queries: ['news'],
  results: [
    { id: 1, url: 'https://a.example/1', title: 'One', snippet: '', source: 'web' },
    { id: 2, url: 'https://b.example/2', title: '', snippet: '', source: 'web' },
    { id: 3, url: 'https://a.example/1', title: 'One again', snippet: '', source: 'web' },
  ],
};
const message = (text: string, annotations: readonly object[] = []) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations }],
});
const usage = {
  input_tokens: 4718,
  output_tokens: 450,
  total_tokens: 5168,
  input_tokens_details: { cached_tokens: 100, cache_read_input_tokens: 100, cache_creation_input_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 7 },
  tool_calls_details: { search_web: { invocation: 1, cost_usd: 0.0025 } },
  cost: { currency: 'USD', input_cost: 0.00118, output_cost: 0.001125, tool_calls_cost: 0.0025, total_cost: 0.004805 },
};
const response = (changes: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  model: 'perplexity/sonar',
  status: 'completed',
  error: null,
  output: [searchResults, message('Much is new [1].', [{ type: 'url_citation', url: 'https://b.example/2', title: 'Two' }])],
  usage,
  ...changes,
});
const citations = [
  { url: 'https://a.example/1', title: 'One' },
  { url: 'https://b.example/2', title: 'Two' },
];
const delta = (text: string) => ({ type: 'response.output_text.delta', output_index: 1, content_index: 0, delta: text });
const completed = (changes: object = {}) => ({ type: 'response.completed', response: response(changes) });

describe('perplexity generate', () => {
  it('reads text, sources and the bill as the vendor states it', async () => {
    vendor.answerWith({ json: response() });
    const result = await connect().generate(request, callOptions({ idempotencyKey: 'k1' }));
    expect(result).toMatchObject({
      content: 'Much is new [1].',
      citations,
      finishReason: 'stop',
      model: 'perplexity/sonar',
      costNanoUsd: 4_805_000,
      costBasis: 'reported',
      usage: { inputTokens: 4718, outputTokens: 450, cachedInputTokens: 100, cacheWriteInputTokens: 0, reasoningTokens: 7 },
    });
    const { path, headers, body } = vendor.seen();
    expect(path).toBe('/v1/responses');
    expect(headers).toMatchObject({ authorization: `Bearer ${testKey}`, 'idempotency-key': 'k1' });
    expect(body).toMatchObject({ model: 'perplexity/sonar', tools: [{ type: 'web_search' }] });
    expect(body).not.toHaveProperty('stream');
  });

  it.each([
    [{ cost: 0.004 }, 4_000_000],
    [{ cost: '0.004' }, 4_000_000],
    [{ cost: { total_cost_usd: 0.004 } }, 4_000_000],
    [{ cost: { total: 0.004 } }, 4_000_000],
    [{ cost: null, total_cost: 0.004 }, 4_000_000],
    [{ cost: { total_cost: 0 } }, 0],
  ])('reads the bill %j', async (changes, costNanoUsd) => {
    vendor.answerWith({ json: response({ usage: { ...usage, ...changes } }) });
    const result = await connect().generate(request, callOptions());
    expect(result).toMatchObject({ costNanoUsd, costBasis: 'reported' });
  });

  it.each([
    ['no bill', undefined],
    ['a bill in another currency', { currency: 'EUR', total_cost: 0.004 }],
    ['an impossible bill', { total_cost: -1 }],
  ])('books tokens and the highest fee of a search for an answer with %s', async (_, cost) => {
    vendor.answerWith({ json: response({ usage: { ...usage, cost } }) });
    const result = await connect().generate(request, callOptions());
    expect(result).toMatchObject({ costNanoUsd: 4618 * 250 + 100 * 62.5 + 450 * 2500 + 57_480_000, costBasis: 'catalogue' });
    expect(result.usage).toMatchObject({ inputTokens: 4718, outputTokens: 450 });
  });

  it.each([undefined, { input_tokens: 1000 }])('books the worst case for the usage %j', async (counted) => {
    vendor.answerWith({ json: response({ usage: counted }) });
    const { estimatedCostUSD } = await connect().estimateCost(request);
    const result = await connect().generate(request, callOptions());
    expect([result.costNanoUsd, result.costBasis]).toEqual([Math.round((estimatedCostUSD ?? 0) * 1e9), 'reserved']);
  });

  it.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
    [{ status: 'incomplete', incomplete_details: { reason: 'max_steps' } }, 'other'],
    [{ status: null }, 'stop'],
  ])('%j ends with %s', async (changes, finishReason) => {
    vendor.answerWith({ json: response(changes) });
    expect((await connect().generate(request, callOptions())).finishReason).toBe(finishReason);
  });

  it('reads function calls', async () => {
    const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'lookup', arguments: '{"q":1}' };
    vendor.answerWith({ json: response({ output: [call, { ...call, call_id: 'c2', arguments: '' }] }) });
    const result = await connect().generate({ ...request, model: 'vendor/other' }, callOptions());
    expect(result).toMatchObject({
      content: '',
      toolCalls: [
        { id: 'c1', name: 'lookup', arguments: '{"q":1}' },
        { id: 'c2', name: 'lookup', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
    });
  });

  it.each([
    [{ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    [{ output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'no' }] }] }],
  ])('reports a withheld answer with what it cost: %j', async (changes) => {
    vendor.answerWith({ json: response(changes) });
    const { error, costNanoUsd } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.ContentFiltered', retryable: false });
    expect(costNanoUsd).toBe(4_805_000);
  });

  it.each([
    [{ status: 'failed', error: { message: 'slow down', type: 'rate_limit_exceeded', code: 429 } }, 'Provider.RateLimited'],
    [{ status: 'failed', error: { message: 'busy', code: 503 } }, 'Provider.Overloaded'],
    [{ status: 'failed', error: { message: 'boom', type: 'internal_error', code: 500 } }, 'Provider.Unavailable'],
    [{ status: 'cancelled' }, 'Provider.Unavailable'],
    [{ status: 'queued', output: [] }, 'Provider.Unavailable'],
    [{ output: [] }, 'Provider.Unavailable'],
    [{ output: [{ type: 'function_call', call_id: 'c1', arguments: '{}' }] }, 'Provider.Unavailable'],
    [{ output: 'text' }, 'Provider.Unavailable'],
  ])('a 200 with %j is a failure: %s', async (changes, name) => {
    vendor.answerWith({ json: response(changes) });
    const { error, costBasis } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name, retryable: true });
    expect(costBasis).toBe('reserved');
  });

  it.each([
    [
      400,
      { message: 'invalid request body: json: unknown field "X"', type: 'invalid_request', code: 400 },
      'Provider.InvalidRequest',
    ],
    [401, { message: 'bad key', type: 'invalid_api_key', code: 401 }, 'Provider.Auth'],
    [403, { message: 'gone', type: 'chat_completions_not_available', code: 403 }, 'Provider.Auth'],
    [429, { message: 'slow down', type: 'rate_limit', code: 429 }, 'Provider.RateLimited'],
    [500, { message: 'boom', type: 'internal_error', code: 500 }, 'Provider.Unavailable'],
  ])('classifies HTTP %i and books nothing', async (status, error, name) => {
    vendor.answerWith({ status, json: { error }, headers: { 'retry-after': '3' } });
    const failure = await failureOf(connect().generate(request, callOptions()));
    expect(failure.error).toMatchObject({ name, status, retryAfterMs: 3000 });
    expect(failure.error.message).toContain(error.message);
    expect(failure.costBasis).toBe('none');
  });

  it('is healthy when the list of models answers', async () => {
    vendor.answerWith({ json: { object: 'list', data: [] } });
    expect(await connect().healthCheck()).toMatchObject({ status: 'healthy' });
    expect(vendor.seen().path).toBe('/v1/models');
  });
});

describe('perplexity stream', () => {
  const events = [
    { type: 'response.created', response: response({ status: 'in_progress', output: [], usage: null }) },
    { type: 'response.reasoning.started', thought: 'I will search.' },
    { type: 'response.reasoning.search_queries', queries: ['news'] },
    { type: 'response.reasoning.search_results', results: searchResults.results },
    { type: 'response.reasoning.stopped' },
    { type: 'response.output_item.added', output_index: 1, item: { ...message(''), content: [] } },
    delta('Much is '),
    delta('new [1].'),
    { type: 'response.output_text.done', output_index: 1, text: 'Much is new [1].' },
  ];

  it('does not repeat the text of the terminal event, and takes bill and sources from it', async () => {
    vendor.answerWith({ events: [...events, completed()], ends: 'quietly' });
    const { parts, text, finish } = await readStream(connect().stream(request, callOptions()));
    expect(text).toBe('Much is new [1].');
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'text', 'text', 'usage', 'finish']);
    expect(finish?.result).toMatchObject({
      content: 'Much is new [1].',
      reasoning: 'I will search.\n',
      citations,
      finishReason: 'stop',
      costNanoUsd: 4_805_000,
      costBasis: 'reported',
    });
    expect(vendor.seen().body).toMatchObject({ stream: true });
    expect(vendor.seen().body).not.toHaveProperty('stream_options');
  });

  it('takes the text of the terminal event when none was streamed', async () => {
    vendor.answerWith({ events: [completed()], ends: 'quietly' });
    expect((await readStream(connect().stream(request, callOptions()))).text).toBe('Much is new [1].');
  });

  it('keeps sources that the terminal event leaves out', async () => {
    vendor.answerWith({ events: [...events, completed({ output: [message('x')] })], ends: 'quietly' });
    const { finish } = await readStream(connect().stream(request, callOptions()));
    expect(finish?.result.citations).toEqual([citations[0], { url: 'https://b.example/2' }]);
  });

  it('ends at the output limit', async () => {
    const incomplete = {
      type: 'response.incomplete',
      response: response({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }),
    };
    vendor.answerWith({ events: [...events, incomplete], ends: 'quietly' });
    const { text, finish } = await readStream(connect().stream(request, callOptions()));
    expect([text, finish?.finishReason]).toEqual(['Much is new [1].', 'length']);
  });

  const lookup = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'lookup' };
  it.each([
    [
      'as deltas',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...lookup, arguments: '' } },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"q"' },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: ':1}' },
        { type: 'response.output_item.done', output_index: 0, item: { ...lookup, arguments: '{"q":1}' } },
      ],
    ],
    ['whole', [{ type: 'response.output_item.done', output_index: 0, item: { ...lookup, arguments: '{"q":1}' } }]],
    ['only at the end', []],
  ])('yields function calls that come %s, once', async (_, callEvents) => {
    const end = completed({ output: [{ ...lookup, arguments: '{"q":1}' }] });
    vendor.answerWith({ events: [...callEvents, end], ends: 'quietly' });
    const { finish } = await readStream(connect().stream({ ...request, model: 'vendor/other' }, callOptions()));
    expect(finish?.result).toMatchObject({
      toolCalls: [{ id: 'c1', name: 'lookup', arguments: '{"q":1}' }],
      finishReason: 'tool-calls',
    });
  });

  it.each([
    ['the stream stops', [], 'Provider.Truncated'],
    ['there is no output', [{ type: 'response.completed', response: response({ output: [] }) }], 'Provider.Truncated'],
    ['it is cut', ['cut'], 'Provider.Truncated'],
    ['an event is broken', ['data: {"type": "resp\n\n'], 'Provider.Unavailable'],
    ['an event is none', ['data: "hello"\n\n'], 'Provider.Unavailable'],
    ['the run fails', [{ type: 'response.failed', error: { message: 'busy', code: 503 } }], 'Provider.Overloaded'],
    [
      'the run fails inside the response',
      [{ type: 'response.failed', response: response({ status: 'failed', error: { message: 'x', code: 429 } }) }],
      'Provider.RateLimited',
    ],
    ['it is cancelled', [{ type: 'response.cancelled', response: response({ status: 'cancelled' }) }], 'Provider.Unavailable'],
    ['there is an error event', [{ type: 'error', message: 'lost', code: 504 }], 'Provider.Timeout'],
    ['there is a named error event', ['event: error\ndata: {"message":"lost","type":"overloaded"}\n\n'], 'Provider.Overloaded'],
  ] as const)('is no success when %s', async (why, last, name) => {
    const start = why === 'there is no output' ? [] : events;
    const sent = last.filter((event) => event !== 'cut');
    vendor.answerWith({ events: [...start, ...sent], ends: why === 'it is cut' ? 'cut' : 'quietly' });
    const { error, costBasis } = await failureOf(readStream(connect().stream(request, callOptions())));
    expect(error).toMatchObject({ name, retryable: true });
    expect(costBasis).toBe('reserved');
  });
});
