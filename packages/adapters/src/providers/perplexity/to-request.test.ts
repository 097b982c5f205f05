import type { ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { prepareCall } from '../../call/prepared-call.ts';
import { perplexity } from './index.ts';
import { toAgentRequest } from './to-request.ts';

const bodyOf = (request: ModelRequest) => toAgentRequest(prepareCall(perplexity, {}, request));
const lookup = { name: 'lookup', description: 'Looks up.', parameters: { type: 'object' } };

describe('toAgentRequest', () => {
  it('names the model, searches once at most, and sends nothing that was not asked for', () => {
    expect(bodyOf({ prompt: 'news?', systemPrompt: 'Be short.', maxTokens: 50 })).toEqual({
      model: 'perplexity/sonar',
      input: 'news?',
      instructions: 'Be short.',
      max_output_tokens: 50,
      tools: [{ type: 'web_search' }],
      max_steps: 1,
      max_tool_calls: 1,
    });
  });

  it('writes a conversation as items', () => {
    const { input } = bodyOf({
      model: 'vendor/other',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', url: 'https://example.com/a.png' },
            { type: 'image', data: 'AAAA', mediaType: 'image/png' },
          ],
        },
        { role: 'assistant', content: 'Let me see.', toolCalls: [{ id: 'c1', name: 'lookup', arguments: '{"q":1}' }] },
        { role: 'tool', toolCallId: 'c1', content: 'a cat' },
        { role: 'assistant', content: 'A cat.' },
      ],
      prompt: 'Sure?',
    });
    expect(input).toEqual([
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: 'https://example.com/a.png' },
          { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
        ],
      },
      { type: 'message', role: 'assistant', content: 'Let me see.' },
      { type: 'function_call', call_id: 'c1', name: 'lookup', arguments: '{"q":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'a cat' },
      { type: 'message', role: 'assistant', content: 'A cat.' },
      { type: 'message', role: 'user', content: 'Sure?' },
    ]);
  });

  it.each([
    [undefined, { tools: [{ type: 'web_search' }, { type: 'function', ...lookup }] }],
    ['auto', { tools: [{ type: 'web_search' }, { type: 'function', ...lookup }] }],
    ['none', { tools: [{ type: 'web_search' }], max_steps: 1, max_tool_calls: 1 }],
    ['required', { tools: [{ type: 'function', ...lookup }], tool_choice: 'required' }],
    [{ name: 'lookup' }, { tools: [{ type: 'function', ...lookup }], tool_choice: { type: 'function', name: 'lookup' } }],
  ] as const)('offers functions with the choice %j', (toolChoice, sent) => {
    const request = { prompt: 'p', model: 'vendor/other', tools: [lookup], ...(toolChoice === undefined ? {} : { toolChoice }) };
    expect(bodyOf(request)).toEqual({ model: 'vendor/other', input: 'p', max_output_tokens: 4096, ...sent });
  });

  it.each([
    [{ type: 'text' }, undefined],
    [{ type: 'json' }, { name: 'answer', schema: { type: 'object' } }],
    [
      { type: 'json-schema', name: 'city', schema: { type: 'string' }, strict: true },
      { name: 'city', schema: { type: 'string' }, strict: true },
    ],
  ] as const)('asks for the format %j', (responseFormat, schema) => {
    const sent = bodyOf({ prompt: 'p', responseFormat }).response_format;
    expect(sent).toEqual(schema === undefined ? undefined : { type: 'json_schema', json_schema: schema });
  });

  it('passes sampling and effort on, and an effort of none as nothing', () => {
    const request = { prompt: 'p', model: 'vendor/other', temperature: 0.2, topP: 0.9 };
    expect(bodyOf({ ...request, reasoningEffort: 'low' })).toMatchObject({
      temperature: 0.2,
      top_p: 0.9,
      reasoning: { effort: 'low' },
    });
    expect(bodyOf({ ...request, reasoningEffort: 'none' })).not.toHaveProperty('reasoning');
  });
});
