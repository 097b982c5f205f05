import type { ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { prepareCall } from '../../call/prepared-call.ts';
import { cohere } from './index.ts';
import { toChatBody } from './to-request.ts';

const bodyOf = (request: ModelRequest) => toChatBody(prepareCall(cohere, {}, request));
const lookup = { name: 'lookup', description: 'Looks up.', parameters: { type: 'object' } };
const clock = { name: 'clock', parameters: { type: 'object' } };
const sentLookup = { type: 'function', function: lookup };
const sentClock = { type: 'function', function: clock };

describe('toChatBody', () => {
  it('sends what was asked for under the names of the native API', () => {
    const request = {
      prompt: 'hello',
      systemPrompt: 'Be short.',
      maxTokens: 50,
      temperature: 0.3,
      topP: 0.5,
      stop: ['END'],
      seed: 7,
    };
    expect(bodyOf(request)).toEqual({
      model: 'command-r7b-12-2024',
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'hello' },
      ],
      max_tokens: 50,
      temperature: 0.3,
      p: 0.5,
      stop_sequences: ['END'],
      seed: 7,
    });
  });

  it.each([
    [0, 0.01],
    [1, 0.99],
  ])('moves topP %d onto the scale of the vendor', (topP, p) => {
    expect(bodyOf({ prompt: 'x', topP })).toMatchObject({ p });
  });

  it('writes images, tool calls and their results', () => {
    const { messages } = bodyOf({
      model: 'command-a-vision',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', url: 'https://example.com/a.png' },
            { type: 'image', data: 'AAAA', mediaType: 'image/png' },
          ],
        },
        { role: 'assistant', content: 'I will look.', toolCalls: [{ id: 'c1', name: 'lookup', arguments: '{"q":1}' }] },
        { role: 'tool', toolCallId: 'c1', content: 'a cat' },
        { role: 'assistant', content: 'A cat.' },
      ],
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
      {
        role: 'assistant',
        tool_plan: 'I will look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'lookup', arguments: '{"q":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'a cat' },
      { role: 'assistant', content: 'A cat.' },
    ]);
  });

  it.each([
    [undefined, { tools: [sentLookup, sentClock] }],
    ['auto', { tools: [sentLookup, sentClock] }],
    ['none', { tools: [sentLookup, sentClock], tool_choice: 'NONE' }],
    ['required', { tools: [sentLookup, sentClock], tool_choice: 'REQUIRED' }],
    [{ name: 'clock' }, { tools: [sentClock], tool_choice: 'REQUIRED' }],
  ] as const)('offers tools with the choice %j', (toolChoice, sent) => {
    const request = { prompt: 'p', tools: [lookup, clock], ...(toolChoice === undefined ? {} : { toolChoice }) };
    const { model: _model, messages: _messages, max_tokens: _maxTokens, ...rest } = bodyOf(request);
    expect(rest).toEqual(sent);
  });

  it('makes all tools strict when one is', () => {
    expect(bodyOf({ prompt: 'p', tools: [lookup, { ...clock, strict: true }] })).toMatchObject({ strict_tools: true });
  });

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json' }, { type: 'json_object' }],
    [
      { type: 'json-schema', schema: { type: 'object', required: ['a'] } },
      { type: 'json_object', json_schema: { type: 'object', required: ['a'] } },
    ],
  ] as const)('asks for the format %j', (responseFormat, sent) => {
    expect(bodyOf({ prompt: 'p', responseFormat }).response_format).toEqual(sent);
  });

  it('switches thinking on and off for models that can', () => {
    const request = { prompt: 'p', model: 'command-a-reasoning' };
    expect(bodyOf({ ...request, reasoningEffort: 'none' })).toMatchObject({ thinking: { type: 'disabled' } });
    expect(bodyOf({ ...request, reasoningEffort: 'high' })).toMatchObject({ thinking: { type: 'enabled' } });
    expect(bodyOf(request)).not.toHaveProperty('thinking');
  });
});
