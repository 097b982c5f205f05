import { ModelCallError, type ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { prepareCall } from '../../call/prepared-call.ts';
import { anthropic } from './index.ts';
import { toMessageRequest } from './to-request.ts';

const prepare = (request: ModelRequest) => prepareCall(anthropic, {}, request, anthropic.rules);
const toRequest = (request: ModelRequest) => toMessageRequest(prepare(request));
const weather = {
  name: 'weather',
  description: 'of a city',
  parameters: { properties: { city: { type: 'string', minLength: 2 } }, required: ['city'] },
};
const model = 'claude-haiku-5-5';

describe('toMessageRequest', () => {
  it('sends every parameter under the name of this vendor', () => {
    expect(
      toRequest({
        prompt: 'p',
        systemPrompt: 's',
        maxTokens: 50,
        stop: ['END'],
        reasoningEffort: 'medium',
        responseFormat: { type: 'json-schema', schema: { type: 'object', properties: { a: { type: 'integer', minimum: 3 } } } },
        tools: [weather],
        toolChoice: 'auto',
      }),
    ).toEqual({
      model,
      max_tokens: 50,
      system: 's',
      messages: [{ role: 'user', content: 'p' }],
      tools: [{ name: 'weather', description: 'of a city', input_schema: { type: 'object', ...weather.parameters } }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: {
        effort: 'medium',
        format: {
          type: 'json_schema',
          // What its schemas can't say goes into a description.
          schema: {
            type: 'object',
            properties: { a: { type: 'integer', description: '{minimum: 3}' } },
            additionalProperties: false,
          },
        },
      },
      stop_sequences: ['END'],
    });
  });

  it('leaves out what the model rejects, and says so', () => {
    const call = prepare({ prompt: 'p', temperature: 0.3, topP: 0.5, seed: 7 });
    expect(toMessageRequest(call)).toEqual({ model, max_tokens: 4096, messages: [{ role: 'user', content: 'p' }] });
    expect(call.warnings).toHaveLength(3);
  });

  it.each([
    ['claude-3-5-haiku', { temperature: 0.3, top_p: 0.5 }],
    ['claude-sonnet-4-5-20250929', { temperature: 0.3, top_p: 0.5 }],
    ['claude-opus-4-20250514', { temperature: 0.3, top_p: 0.5 }],
    ['claude-3-opus-20240229', { temperature: 0.3, top_p: 0.5 }],
    ['claude-opus-4-7', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } }],
    ['claude-sonnet-5', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } }],
  ])('sends %s what its generation takes', (other, expected) => {
    const request = toRequest({ prompt: 'p', model: other, temperature: 0.3, topP: 0.5, seed: 7, reasoningEffort: 'high' });
    expect(request).toEqual({ model: other, max_tokens: 4096, messages: [{ role: 'user', content: 'p' }], ...expected });
  });

  it.each([
    ['none', { thinking: { type: 'disabled' } }],
    ['minimal', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }],
    ['low', { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }],
  ] as const)('effort %s is %j', (reasoningEffort, expected) => {
    const { thinking, output_config } = toRequest({ prompt: 'p', reasoningEffort });
    expect({ ...(thinking ? { thinking } : {}), ...(output_config ? { output_config } : {}) }).toEqual(expected);
  });

  it.each([
    ['none', { type: 'none' }, true],
    ['required', { type: 'any' }, false],
    [{ name: 'weather' }, { type: 'tool', name: 'weather' }, false],
  ] as const)('tool choice %j is %j; with thinking before it: %s', (toolChoice, expected, thinks) => {
    const request = toRequest({ prompt: 'p', tools: [weather], toolChoice, reasoningEffort: 'high' });
    expect(request.tool_choice).toEqual(expected);
    expect(request.thinking !== undefined).toBe(thinks);
    expect(request.output_config).toEqual({ effort: 'high' });
  });

  it('closes the schema of a strict tool', () => {
    expect(toRequest({ prompt: 'p', tools: [{ ...weather, strict: true }] }).tools?.[0]).toMatchObject({
      strict: true,
      input_schema: { type: 'object', additionalProperties: false, required: ['city'] },
    });
  });

  it('asks for any JSON in words: the vendor has no mode for it', () => {
    const { system, output_config } = toRequest({ prompt: 'p', systemPrompt: 's', responseFormat: { type: 'json' } });
    expect(system).toMatch(/^s\n\nAnswer with one JSON object/);
    expect(output_config).toBeUndefined();
  });

  it('merges the results of a turn with what follows, calls first', () => {
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'Berlin and Rome?' },
      {
        role: 'assistant',
        content: 'I look.',
        toolCalls: [
          { id: 'call:a.1', name: 'weather', arguments: '{"city":"Berlin"}' },
          { id: 'b', name: 'weather', arguments: 'not json' },
          { id: 'c', name: 'weather', arguments: '' },
        ],
      },
      { role: 'tool', toolCallId: 'call:a.1', content: 'sunny' },
      { role: 'tool', toolCallId: 'b', content: '' },
      { role: 'tool', toolCallId: 'c', content: 'rain' },
      { role: 'user', content: 'And?' },
    ];
    expect(toRequest({ messages, tools: [weather] }).messages).toEqual([
      { role: 'user', content: 'Berlin and Rome?' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'call_a_1', name: 'weather', input: { city: 'Berlin' } },
          { type: 'tool_use', id: 'b', name: 'weather', input: { arguments: 'not json' } },
          { type: 'tool_use', id: 'c', name: 'weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_a_1', content: 'sunny' },
          { type: 'tool_result', tool_use_id: 'b' },
          { type: 'tool_result', tool_use_id: 'c', content: 'rain' },
          { type: 'text', text: 'And?' },
        ],
      },
    ]);
  });

  it('sends images as bytes or as a URL', () => {
    const content = [
      { type: 'text' as const, text: 'which?' },
      { type: 'image' as const, data: 'aGk=', mediaType: 'image/png' as const },
      { type: 'image' as const, url: 'https://x.test/i.png' },
    ];
    expect(toRequest({ messages: [{ role: 'user', content }] }).messages[0]?.content).toEqual([
      { type: 'text', text: 'which?' },
      { type: 'image', source: { type: 'base64', data: 'aGk=', media_type: 'image/png' } },
      { type: 'image', source: { type: 'url', url: 'https://x.test/i.png' } },
    ]);
  });

  const prefill: ModelRequest['messages'] = [
    { role: 'user', content: 'p' },
    { role: 'assistant', content: '{' },
  ];
  it.each([
    ['prefill', { messages: prefill }, 'last message'],
    ['prefill of a dated model', { messages: prefill, model: `${model}-20261001` }, 'last message'],
    ['a schema without types', { prompt: 'p', responseFormat: { type: 'json-schema', schema: {} } }, 'type'],
  ] as const)('refuses %s before the call', (_, request, words) => {
    const call = prepare(request as unknown as ModelRequest);
    let thrown: unknown;
    try {
      toMessageRequest(call);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ModelCallError);
    expect(thrown).toMatchObject({
      error: { name: 'Provider.InvalidRequest', retryable: false, message: expect.stringContaining(words) },
      costBasis: 'none',
    });
  });

  it('leaves prefill to models that take it', () => {
    expect(toRequest({ messages: prefill, model: 'claude-3-5-haiku' }).messages.at(-1)).toEqual({
      role: 'assistant',
      content: '{',
    });
  });
});
