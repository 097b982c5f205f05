import type { ModelRequest } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StreamPart } from '../../contract.ts';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { eventStream, json, type ScriptedServer, startScriptedServer } from '../../testing/scripted-server.ts';
import { anthropic } from './index.ts';

let vendor: ScriptedServer;
beforeAll(async () => {
  vendor = await startScriptedServer();
});
afterAll(() => vendor.close());

const connect = () => anthropic.createAdapter({ apiKey: testKey, baseUrl: vendor.url });
const tools = [{ name: 'weather', parameters: {} }];
const generate = (request: ModelRequest = { prompt: 'p', tools }) => connect().generate(request, callOptions());
const stream = (parts?: StreamPart[]) => readStream(connect().stream({ prompt: 'p', tools }, callOptions()), parts);
const model = 'claude-haiku-5-5';
const wireUsage = {
  input_tokens: 50,
  cache_read_input_tokens: 40,
  cache_creation_input_tokens: 10,
  output_tokens: 28,
  output_tokens_details: { thinking_tokens: 8 },
};
const usage = { inputTokens: 100, outputTokens: 28, cachedInputTokens: 40, cacheWriteInputTokens: 10, reasoningTokens: 8 };
// 50 × 100 + 40 × 10 + 10 × 125 + 28 × 500 nano-dollars
const costNanoUsd = 20_650;
const answer = (content: readonly object[], stop_reason: string | null = 'end_turn', rest: object = {}) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model,
  content,
  stop_reason,
  usage: wireUsage,
  ...rest,
});
const read = {
  content: 'I look. Done.',
  reasoning: 'let me think',
  toolCalls: [
    { id: 'toolu_1', name: 'weather', arguments: '{"city":"Berlin"}' },
    { id: 'toolu_2', name: 'weather', arguments: '{}' },
  ],
  finishReason: 'tool-calls',
  model,
  usage,
  costNanoUsd,
  costBasis: 'catalogue',
};

const start = { type: 'message_start', message: { model, usage: { input_tokens: 50, output_tokens: 1 } } };
const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, piece: object) => ({ type: 'content_block_delta', index, delta: piece });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const end = (stop_reason: string, rest: object = wireUsage) => ({ type: 'message_delta', delta: { stop_reason }, usage: rest });
const hello = [start, block(0, { type: 'text', text: '' }), delta(0, { type: 'text_delta', text: 'half' })];

describe('anthropic', () => {
  it('picks the blocks by type, wherever they stand', async () => {
    vendor.answerWith(
      json(
        answer(
          [
            { type: 'thinking', thinking: 'let me ', signature: 's' },
            { type: 'redacted_thinking', data: 'x' },
            { type: 'text', text: 'I look.' },
            { type: 'thinking', thinking: 'think', signature: 's' },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Berlin' } },
            { type: 'text', text: ' Done.' },
            { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
            { type: 'a_new_one' },
          ],
          'tool_use',
        ),
      ),
    );
    expect(await generate()).toMatchObject(read);
    expect(vendor.requests[0]).toMatchObject({ path: '/v1/messages', headers: { authorization: `Bearer ${testKey}` } });
  });

  it('streams them; a call without arguments still gets its braces', async () => {
    vendor.answerWith(
      eventStream([
        start,
        { type: 'ping' },
        block(0, { type: 'thinking', thinking: '' }),
        delta(0, { type: 'thinking_delta', thinking: 'let me ' }),
        delta(0, { type: 'thinking_delta', thinking: 'think' }),
        delta(0, { type: 'signature_delta', signature: 's' }),
        stop(0),
        block(1, { type: 'text', text: '' }),
        delta(1, { type: 'text_delta', text: 'I look.' }),
        stop(1),
        block(2, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }),
        delta(2, { type: 'input_json_delta', partial_json: '' }),
        delta(2, { type: 'input_json_delta', partial_json: '{"city":' }),
        delta(2, { type: 'input_json_delta', partial_json: '"Berlin"}' }),
        stop(2),
        block(3, { type: 'text', text: ' Done.' }),
        stop(3),
        block(4, { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} }),
        delta(4, { type: 'input_json_delta', partial_json: '' }),
        stop(4),
        end('tool_use'),
        { type: 'message_stop' },
      ]),
    );
    const { parts, finish } = await stream();
    expect(finish?.result).toMatchObject(read);
    expect(parts.filter((part) => part.type === 'tool-call')).toEqual([
      { type: 'tool-call', index: 0, id: 'toolu_1', name: 'weather', argumentsDelta: '' },
      { type: 'tool-call', index: 0, argumentsDelta: '{"city":' },
      { type: 'tool-call', index: 0, argumentsDelta: '"Berlin"}' },
      { type: 'tool-call', index: 1, id: 'toolu_2', name: 'weather', argumentsDelta: '' },
      { type: 'tool-call', index: 1, argumentsDelta: '{}' },
    ]);
  });

  it('keeps the cached counts of the start when the end states none', async () => {
    vendor.answerWith(
      eventStream([
        { type: 'message_start', message: { model, usage: { ...wireUsage, output_tokens: 1 } } },
        ...hello.slice(1),
        stop(0),
        end('end_turn', { output_tokens: 28, cache_read_input_tokens: null }),
        { type: 'message_stop' },
      ]),
    );
    expect((await stream()).finish?.result).toMatchObject({ content: 'half', finishReason: 'stop', usage, costNanoUsd });
  });

  it('books the worst case when the end does not count the output: the start only guesses it', async () => {
    vendor.answerWith(eventStream([...hello, stop(0), end('end_turn', { input_tokens: 50 }), { type: 'message_stop' }]));
    expect((await stream()).finish?.result).toMatchObject({ content: 'half', costBasis: 'reserved' });
  });

  it('prices written cache above the tier at its own price', async () => {
    const large = { input_tokens: 100_000, cache_read_input_tokens: 1000, cache_creation_input_tokens: 1000, output_tokens: 10 };
    vendor.answerWith(json(answer([{ type: 'text', text: 'hi' }], 'end_turn', { usage: large })));
    expect((await generate()).costNanoUsd).toBe(100_000 * 500 + 1000 * 50 + 1000 * 625 + 10 * 2500);
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'other'],
    ['a_new_one', 'other'],
  ])('stop reason %s is %s', async (reason, expected) => {
    vendor.answerWith(json(answer([{ type: 'text', text: 'hi' }], reason)));
    expect((await generate()).finishReason).toBe(expected);
  });

  it('a refusal is filtered, and billed', async () => {
    vendor.answerWith(json(answer([], 'refusal')));
    expect(await failureOf(generate())).toMatchObject({ error: { name: 'Provider.ContentFiltered' }, costNanoUsd });
    vendor.answerWith(eventStream([...hello, stop(0), end('refusal'), { type: 'message_stop' }]));
    expect(await failureOf(stream())).toMatchObject({ error: { name: 'Provider.ContentFiltered' }, costNanoUsd });
  });

  it.each([
    ['overloaded_error', 'Provider.Overloaded'],
    ['rate_limit_error', 'Provider.RateLimited'],
    ['api_error', 'Provider.Unavailable'],
    ['authentication_error', 'Provider.Auth'],
  ])('an error event %s inside a 200 stream is %s, and may have been billed', async (type, name) => {
    vendor.answerWith(eventStream([...hello, { type: 'error', error: { type, message: 'Something broke' } }]));
    const parts: StreamPart[] = [];
    const { error, costBasis } = await failureOf(stream(parts));
    expect(error).toMatchObject({ name, message: 'Anthropic: Something broke' });
    expect(costBasis).toBe('reserved');
    expect(parts).toEqual([{ type: 'text', text: 'half' }]);
  });

  it.each(['end', 'cut'] as const)('a stream that stops without a stop reason (%s) is truncated', async (ends) => {
    vendor.answerWith(eventStream(hello, ends));
    expect((await failureOf(stream())).error).toMatchObject({ name: 'Provider.Truncated', retryable: true });
  });

  it.each([
    ['a call without a name', [{ type: 'tool_use', id: 'x', input: {} }]],
    ['no list of blocks', 'words'],
  ])('%s is no answer', async (_, content) => {
    vendor.answerWith(json({ ...answer([]), content }));
    expect((await failureOf(generate())).error).toMatchObject({ name: 'Provider.Unavailable', retryable: true });
  });

  it('refuses prefill before anything is sent', async () => {
    vendor.answerWith(json(answer([{ type: 'text', text: 'hi' }])));
    const messages = [
      { role: 'user' as const, content: 'p' },
      { role: 'assistant' as const, content: '{' },
    ];
    expect((await failureOf(generate({ messages }))).error.name).toBe('Provider.InvalidRequest');
    expect(vendor.requests).toEqual([]);
  });

  it('follows no redirect with its key', async () => {
    const elsewhere = await startScriptedServer();
    try {
      vendor.answerWith((response) => response.writeHead(307, { location: elsewhere.url }).end());
      expect((await failureOf(generate())).error).toMatchObject({ name: 'Provider.InvalidRequest', status: 307 });
      expect(elsewhere.requests).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it('an abort closes the socket at once', async () => {
    let closedAt: number | undefined;
    vendor.answerWith((response) => {
      response.on('close', () => {
        closedAt = performance.now();
      });
      eventStream(hello, 'hang')(response);
    });
    const controller = new AbortController();
    const parts: StreamPart[] = [];
    const call = failureOf(readStream(connect().stream({ prompt: 'p' }, callOptions({ signal: controller.signal })), parts));
    await vi.waitFor(() => expect(parts).toHaveLength(1), { interval: 5 });
    const abortedAt = performance.now();
    controller.abort();
    expect((await call).error.name).toBe('Run.Cancelled');
    await vi.waitFor(() => expect(closedAt).toBeDefined(), { interval: 5 });
    expect((closedAt ?? Number.POSITIVE_INFINITY) - abortedAt).toBeLessThan(100);
  });

  it('reports the limits of the last answer', async () => {
    const headers = { 'anthropic-ratelimit-requests-limit': '50', 'anthropic-ratelimit-tokens-remaining': '900' };
    vendor.answerWith(json(answer([{ type: 'text', text: 'hi' }]), 200, headers));
    const adapter = connect();
    await adapter.generate({ prompt: 'p' }, callOptions());
    expect(await adapter.getRateLimits()).toMatchObject({ requestLimit: 50, tokensRemaining: 900, tokenLimit: null });
  });
});
