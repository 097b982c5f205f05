import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callOptions, failureOf, readStream, testKey } from '../../testing/calls.ts';
import { type ChatVendor, chunk, completion, startChatVendor } from '../../testing/chat-vendor.ts';
import { mistral } from './index.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const connect = () => mistral.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(mistral.defaultBaseUrl) });
const model = 'mistral-small-2603';
const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const answer = completion({ content: 'hi' }, { model, usage });
const tools = [{ name: 'look_up', parameters: { type: 'object', properties: { q: { type: 'string' } } } }];
const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }], closed: true });

describe('mistral', () => {
  it('names its parameters in its own way and asks for no stream options', async () => {
    const request = { prompt: 'p', systemPrompt: 's', maxTokens: 50, seed: 7, stop: ['END'] };
    vendor.answerWith({ json: answer });
    await connect().generate(request, callOptions());
    const sent = {
      model,
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'p' },
      ],
      max_tokens: 50,
      random_seed: 7,
      stop: ['END'],
    };
    expect(vendor.seen()).toMatchObject({ path: '/v1/chat/completions', body: sent });
    expect(vendor.seen().body).toEqual(sent);
    vendor.answerWith({ events: [chunk({ content: 'hi' }, 'stop', { model, usage })] });
    const { finish } = await readStream(connect().stream(request, callOptions()));
    expect(vendor.seen().body).toEqual({ ...sent, stream: true });
    // 100 × 150 + 20 × 600 nano-dollars
    expect(finish?.result).toMatchObject({ content: 'hi', costNanoUsd: 27_000, costBasis: 'catalogue' });
  });

  it.each([
    ['required', 'any'],
    ['auto', 'auto'],
    ['none', 'none'],
    [{ name: 'look_up' }, { type: 'function', function: { name: 'look_up' } }],
  ] as const)('sends the tool choice %j as %j', async (toolChoice, sent) => {
    vendor.answerWith({ json: answer });
    await connect().generate({ prompt: 'p', tools, toolChoice }, callOptions());
    expect(vendor.seen().body).toMatchObject({ tool_choice: sent, tools: [{ type: 'function', function: { name: 'look_up' } }] });
  });

  it.each([
    [{ num_cached_tokens: 40 }],
    [{ prompt_tokens_details: { cached_tokens: 40 } }],
    [{ num_cached_tokens: 40, prompt_tokens_details: { cached_tokens: 40 } }],
    [{ num_cached_tokens: null, prompt_tokens_details: { cached_tokens: 40 } }],
  ])('bills the cached tokens of %j once', async (cached) => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage: { ...usage, ...cached } }) });
    const result = await connect().generate({ prompt: 'p' }, callOptions());
    expect(result.usage).toMatchObject({ inputTokens: 100, cachedInputTokens: 40, outputTokens: 20 });
    // 60 × 150 + 40 × 15 + 20 × 600 nano-dollars
    expect(result.costNanoUsd).toBe(21_600);
  });

  it('reads answers that come as typed pieces: the text, and the thinking apart from it', async () => {
    const content = [thinking('First '), thinking('then'), { type: 'text', text: 'The ' }, { type: 'text', text: 'answer' }];
    const unknown = { type: 'reference', reference_ids: [1] };
    vendor.answerWith({ json: completion({ content: [...content, unknown] }, { model, usage }) });
    const result = await connect().generate({ prompt: 'p', reasoningEffort: 'high' }, callOptions());
    expect(vendor.seen().body).toMatchObject({ reasoning_effort: 'high' });
    expect(result).toMatchObject({ content: 'The answer', reasoning: 'First then' });
  });

  it('reads streams whose pieces change from typed ones to plain text', async () => {
    vendor.answerWith({
      events: [
        chunk({ role: 'assistant', content: '' }, null, { model }),
        chunk({ content: [thinking('First ')] }, null, { model }),
        chunk({ content: [thinking('then'), { type: 'text', text: 'The ' }] }, null, { model }),
        chunk({ content: 'answer' }, null, { model }),
        chunk({ content: '' }, 'stop', { model, usage }),
      ],
    });
    const { parts, finish } = await readStream(connect().stream({ prompt: 'p', reasoningEffort: 'high' }, callOptions()));
    expect(parts.slice(0, -2)).toEqual([
      { type: 'reasoning', text: 'First ' },
      { type: 'reasoning', text: 'then' },
      { type: 'text', text: 'The ' },
      { type: 'text', text: 'answer' },
    ]);
    expect(finish?.result).toMatchObject({ content: 'The answer', reasoning: 'First then', costNanoUsd: 27_000 });
  });

  it('takes over tool calls of other vendors, whose ids it would reject', async () => {
    vendor.answerWith({ json: answer });
    await connect().generate(
      {
        messages: [
          { role: 'user', content: 'Find a and b' },
          {
            role: 'assistant',
            toolCalls: [
              { id: 'call_0123456789abcdef', name: 'look_up', arguments: '{"q":"a"}' },
              { id: 'Ab3dEf7hI', name: 'look_up', arguments: '{"q":"b"}' },
            ],
          },
          { role: 'tool', toolCallId: 'Ab3dEf7hI', content: 'B' },
          { role: 'tool', toolCallId: 'call_0123456789abcdef', content: 'A' },
        ],
        tools,
      },
      callOptions(),
    );
    const rewritten = expect.stringMatching(/^[A-Za-z0-9]{9}$/);
    expect(vendor.seen().body).toMatchObject({
      messages: [
        { role: 'user', content: 'Find a and b' },
        { role: 'assistant', tool_calls: [{ id: rewritten, function: { arguments: '{"q":"a"}' } }, { id: 'Ab3dEf7hI' }] },
        { role: 'tool', tool_call_id: 'Ab3dEf7hI', content: 'B' },
        { role: 'tool', tool_call_id: rewritten, content: 'A' },
      ],
    });
    const text = JSON.stringify(vendor.seen().body);
    const ids = [...text.matchAll(/"(?:id|tool_call_id)":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids[0]).toBe(ids[3]);
    expect(new Set(ids).size).toBe(2);
  });

  it('lowers temperatures above the end of its scale', async () => {
    vendor.answerWith({ json: answer });
    const result = await connect().generate({ prompt: 'p', temperature: 1.8 }, callOptions());
    expect(vendor.seen().body).toMatchObject({ temperature: 1.5 });
    expect(result.warnings).toEqual([expect.stringContaining('from 1.8 to 1.5')]);
  });

  it('leaves out reasoning efforts that its model rejects', async () => {
    vendor.answerWith({ json: answer });
    const { warnings } = await connect().generate({ prompt: 'p', reasoningEffort: 'medium' }, callOptions());
    expect(vendor.seen().body).not.toHaveProperty('reasoning_effort');
    expect(warnings).toEqual([expect.stringContaining('medium')]);
  });

  it('takes the end of the context for a limit', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model, usage }, 'model_length') });
    expect(await connect().generate({ prompt: 'p' }, callOptions())).toMatchObject({ finishReason: 'length' });
  });

  it('never takes the finish reason "error" for an answer', async () => {
    vendor.answerWith({ json: completion({ content: 'half an ans' }, { model, usage }, 'error') });
    const failed = await failureOf(connect().generate({ prompt: 'p' }, callOptions()));
    expect(failed.error).toMatchObject({ retryable: true });
    vendor.answerWith({ events: [chunk({ content: 'half' }, null, { model }), chunk({}, 'error', { model, usage })] });
    const cut = await failureOf(readStream(connect().stream({ prompt: 'p' }, callOptions())));
    expect(cut.error).toMatchObject({ retryable: true });
    expect([failed.costBasis, cut.costBasis]).toEqual(['reserved', 'reserved']);
  });

  it('asks for the alias by the id the vendor knows', async () => {
    vendor.answerWith({ json: completion({ content: 'hi' }, { model: 'mistral-large-latest', usage }) });
    const { costNanoUsd } = await connect().generate({ prompt: 'p', model: 'mistral-large' }, callOptions());
    expect(vendor.seen().body).toMatchObject({ model: 'mistral-large-latest' });
    expect(costNanoUsd).toBe(100 * 2000 + 20 * 6000);
  });
});
