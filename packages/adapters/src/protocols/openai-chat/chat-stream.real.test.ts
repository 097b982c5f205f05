import type { ModelRequest } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamOutcome } from '../../contract.ts';
import { openai } from '../../providers/openai/index.ts';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, startChatVendor } from '../../testing/chat-vendor.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const model = 'gpt-4o-mini';
const usage = { prompt_tokens: 20, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 5 } };
const connect = () => openai.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(openai.defaultBaseUrl) });
const stream = (request: ModelRequest) => readStream(connect().stream({ model, ...request }, callOptions()));

const tools = [{ name: 'get_weather', parameters: { type: 'object' } }];

describe('the stream', () => {
  const call = (index: number | undefined, id: string | undefined, name: string | undefined, args: string) => ({
    tool_calls: [
      {
        ...(index === undefined ? {} : { index }),
        ...(id === undefined ? {} : { id, type: 'function' }),
        function: { ...(name === undefined ? {} : { name }), arguments: args },
      },
    ],
  });
  const last = { model, choices: [], usage };

  it('has reasoning, text and tool calls in pieces, and the usage after the finish reason', async () => {
    vendor.answerWith({
      events: [
        ': keep-alive\n\n',
        chunk({ role: 'assistant', content: '' }),
        chunk({ reasoning_content: 'They ' }),
        chunk({ reasoning: 'ask.' }),
        chunk({ content: 'Let me look.' }),
        chunk(call(0, 'c1', 'get_weather', '')),
        chunk(call(0, undefined, undefined, '{"city":')),
        chunk(call(1, 'c2', 'get_weather', '{"city":"Rome"}')),
        chunk(call(0, undefined, undefined, '"Paris"}')),
        chunk({}, 'tool_calls'),
        last,
      ],
    });
    const { parts, finish } = await stream({ prompt: 'p', tools });
    expect(parts.map(({ type }) => type).join(' ')).toBe(
      'reasoning reasoning text tool-call tool-call tool-call tool-call usage finish',
    );
    expect(finish?.result).toMatchObject({
      content: 'Let me look.',
      reasoning: 'They ask.',
      finishReason: 'tool-calls',
      toolCalls: [
        { id: 'c1', name: 'get_weather', arguments: '{"city":"Paris"}' },
        { id: 'c2', name: 'get_weather', arguments: '{"city":"Rome"}' },
      ],
      usage: { inputTokens: 20, outputTokens: 10, cachedInputTokens: 5 },
      costBasis: 'catalogue',
    });
    expect(vendor.seen().body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('tells tool calls apart that have no numbers', async () => {
    vendor.answerWith({
      events: [
        chunk(call(undefined, 'a', 'get_weather', '{"city":')),
        chunk(call(undefined, undefined, undefined, '"Paris"}')),
        chunk(call(undefined, 'b', 'get_weather', '{}')),
        chunk({}, 'stop'),
        last,
      ],
    });
    const { finish } = await stream({ prompt: 'p', tools });
    expect(finish?.result.toolCalls).toEqual([
      { id: 'a', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { id: 'b', name: 'get_weather', arguments: '{}' },
    ]);
    expect(finish?.finishReason).toBe('tool-calls');
  });

  it.each<[string, readonly object[]]>([
    ['all the same number', [call(0, 'a', 'get_weather', '{"city":"Paris"}'), call(0, 'b', 'get_time', '{}')]],
    [
      'one number in one chunk',
      [
        {
          tool_calls: [call(0, 'a', 'get_weather', '{"city":"Paris"}'), call(0, 'b', 'get_time', '{}')].flatMap(
            (delta) => delta.tool_calls,
          ),
        },
      ],
    ],
    [
      'a new id in every piece',
      [call(0, 'a', 'get_weather', '{"city":'), call(0, 'x', undefined, '"Paris"}'), call(1, 'b', 'get_time', '{}')],
    ],
    [
      'their names in every piece',
      [call(0, 'a', 'get_weather', '{"city":'), call(0, 'a', 'get_weather', '"Paris"}'), call(1, 'b', 'get_time', '{}')],
    ],
    [
      'a number that was taken by another',
      [call(0, 'a', 'get_weather', '{"city":"Paris"}'), call(0, 'b', 'get_time', ''), call(0, undefined, undefined, '{}')],
    ],
  ])('tells tool calls apart that have %s', async (_, pieces) => {
    vendor.answerWith({ events: [...pieces.map((delta) => chunk(delta)), chunk({}, 'tool_calls'), last] });
    const { finish } = await stream({ prompt: 'p', tools });
    expect(finish?.result.toolCalls).toEqual([
      { id: 'a', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { id: 'b', name: 'get_time', arguments: '{}' },
    ]);
  });

  it('tells tool calls apart that have names only', async () => {
    const pieces = [call(undefined, undefined, 'get_weather', '{"city":"Paris"}'), call(undefined, undefined, 'get_time', '{}')];
    vendor.answerWith({ events: [...pieces.map((delta) => chunk(delta)), chunk({}, 'tool_calls'), last] });
    expect((await stream({ prompt: 'p', tools })).finish?.result.toolCalls).toMatchObject([
      { name: 'get_weather', arguments: '{"city":"Paris"}' },
      { name: 'get_time', arguments: '{}' },
    ]);
  });

  it.each<[string, readonly unknown[]]>([
    ['only before its last pieces', [chunk({ content: 'a' }, null, { usage }), chunk({ content: 'b' }), chunk({}, 'stop')]],
    ['without its output', [chunk({ content: 'ab' }), chunk({}, 'stop', { usage: { prompt_tokens: 20 } })]],
  ])('that was counted %s is booked at its worst case', async (_, events) => {
    vendor.answerWith({ events });
    expect((await stream({ prompt: 'p' })).finish?.result).toMatchObject({ content: 'ab', costBasis: 'reserved' });
  });

  it.each<[string, readonly unknown[], string]>([
    ['an error among the chunks', [chunk({ content: 'a' }), { error: { message: 'busy', code: 503 } }], 'Provider.Overloaded'],
    ['an error event', ['event: error\ndata: {"message":"gone","type":"server_error"}\n\n'], 'Provider.Unavailable'],
    ['a finish reason that is an error', [chunk({ content: 'a' }, 'error')], 'Provider.Unavailable'],
    ['the finish reason of a server that gave up', [chunk({ content: 'a' }, 'abort'), last], 'Provider.Unavailable'],
    ['no finish reason', [chunk({ content: 'a' }), last], 'Provider.Truncated'],
    ['no chunk at all', [], 'Provider.Truncated'],
    ['something else', [{ choices: 'none' }], 'Provider.Unavailable'],
    ['malformed JSON', ['data: {"choices": [\n\n'], 'Provider.Unavailable'],
    ['a refusal', [chunk({ refusal: 'I can’t.' }), chunk({}, 'stop'), last], 'Provider.ContentFiltered'],
  ])('with %s is no success', async (_, events, name) => {
    vendor.answerWith({ events });
    expect((await failureOf(stream({ prompt: 'p' }))).error.name).toBe(name);
  });

  it('that is cut after its finish reason has lost its usage at most', async () => {
    vendor.answerWith({ events: [chunk({ content: 'a' }), chunk({}, 'stop')], ends: 'quietly' });
    const { finish } = await stream({ prompt: 'p' });
    expect(finish?.result).toMatchObject({ content: 'a', costBasis: 'reserved' });
  });
});

describe('a stream whose reader has left', () => {
  const leave = async (reply: Parameters<ChatVendor['answerWith']>[0]) => {
    vendor.answerWith(reply);
    const { promise, resolve } = Promise.withResolvers<StreamOutcome>();
    const options = callOptions({ onSettled: resolve });
    for await (const part of connect().stream({ model, prompt: 'p', maxTokens: 10 }, options)) {
      expect(part).toEqual({ type: 'text', text: 'a' });
      break;
    }
    return promise;
  };

  it('is booked by its usage', async () => {
    const events = [chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({}, 'stop'), { model, choices: [], usage }];
    expect(await leave({ events })).toMatchObject({
      ok: true,
      result: { content: 'ab', costNanoUsd: 15 * 150 + 5 * 75 + 10 * 600 },
    });
  });

  it('is booked at its worst case when it is cut, and rejects nowhere', async () => {
    const outcome = await leave({ events: [chunk({ content: 'a' })], ends: 'cut' });
    expect(outcome).toMatchObject({ ok: false, error: { error: { name: 'Provider.Truncated' }, costBasis: 'reserved' } });
  });
});
