import { describe, expect, it } from 'vitest';
import { OpenAiError } from '../errors/openai-error.ts';
import { toGenerateRequest } from '../request/request-draft.ts';
import { runId } from '../testing/answers.ts';
import { itemId } from './item-ids.ts';
import type { FindAnswer } from './read-input.ts';
import { readResponseRequest, toDraft } from './read-request.ts';

const earlier: FindAnswer = (id) =>
  id === runId ? { content: 'Earlier.', toolCalls: [{ id: 'x', name: 'f', arguments: '{}' }] } : undefined;
const read = (body: object) => readResponseRequest({ value: { model: 'm', input: 'Hi', ...body }, issues: [] });
const translate = (body: object) =>
  toGenerateRequest(
    { checkNames: () => [] },
    toDraft(read(body).body, () => ({ model: 'm' }), earlier),
  );

function refusalOf(body: object): OpenAiError {
  try {
    translate(body);
  } catch (error) {
    if (error instanceof OpenAiError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('a request for a response', () => {
  it('is translated field by field', () => {
    expect(
      translate({
        instructions: 'Be brief.',
        max_output_tokens: 100,
        temperature: 0.5,
        top_p: 0.9,
        tools: [{ type: 'function', name: 'f', parameters: null, strict: false }],
        tool_choice: { type: 'function', name: 'f' },
        text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } }, verbosity: 'low' },
        reasoning: { effort: 'high', summary: 'auto' },
        safety_identifier: 'u',
      }),
    ).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      maxTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      tools: [{ name: 'f', parameters: { type: 'object', properties: {} }, strict: false }],
      toolChoice: { name: 'f' },
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' } },
      reasoningEffort: 'high',
      userId: 'u',
    });
  });

  it('has items of many kinds, tool calls with the message before them', () => {
    const call = (id: string) => ({
      type: 'function_call',
      id: 'fc_1',
      call_id: id,
      name: 'f',
      arguments: '{}',
      status: 'completed',
    });
    expect(
      translate({
        input: [
          { role: 'developer', content: 'Be brief.' },
          {
            type: 'message',
            role: 'user',
            content: [
              { type: 'input_text', text: 'Look' },
              { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'auto' },
            ],
          },
          { type: 'reasoning', id: 'rs_1', summary: [] },
          { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Let me see.', annotations: [] }] },
          call('a'),
          call('b'),
          { type: 'function_call_output', call_id: 'a', output: '1' },
          { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: '2' }] },
          call('c'),
          { type: 'function_call_output', call_id: 'c', output: '' },
        ],
      }).messages,
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', data: 'AAAA', mediaType: 'image/png' },
        ],
      },
      {
        role: 'assistant',
        content: 'Let me see.',
        toolCalls: [
          { id: 'a', name: 'f', arguments: '{}' },
          { id: 'b', name: 'f', arguments: '{}' },
        ],
      },
      { role: 'tool', toolCallId: 'a', content: '1' },
      { role: 'tool', toolCallId: 'b', content: '2' },
      { role: 'assistant', toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'c', content: '' },
    ]);
  });

  it('may refer to items of earlier answers', () => {
    const input = (['rs', 'msg', 'fc'] as const).map((kind) => ({ type: 'item_reference', id: itemId(kind, runId, 0) }));
    expect(translate({ input }).messages).toEqual([
      { role: 'assistant', content: 'Earlier.', toolCalls: [{ id: 'x', name: 'f', arguments: '{}' }] },
    ]);
    for (const id of [itemId('fc', runId, 1), itemId('msg', '01a209c7-12bd-7326-9be5-dd8342ded80f', 0), 'msg_1']) {
      const error = refusalOf({
        input: [
          { role: 'user', content: 'Hi' },
          { type: 'item_reference', id },
        ],
      });
      expect([error.kind.status, error.kind.code, error.options.param]).toEqual([404, 'item_not_found', 'input[1].id']);
    }
  });

  it.each<[string, object, string]>([
    ['a response before it', { previous_response_id: 'resp_1' }, 'previous_response_id'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['a prompt', { prompt: { id: 'p' } }, 'prompt'],
    ['background', { background: true }, 'background'],
    ['top_logprobs', { top_logprobs: 2 }, 'top_logprobs'],
    ['logprobs', { include: ['message.output_text.logprobs'] }, 'include'],
    ['a search', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [
      'a hosted tool chosen',
      { tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'file_search' } },
      'tool_choice.type',
    ],
    ['a file', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }] }, 'input[0].content[0].type'],
    [
      'an uploaded image',
      { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] },
      'input[0].content[0].type',
    ],
    ['a computer', { input: [{ type: 'computer_call_output', call_id: 'x', output: '' }] }, 'input[0].type'],
    [
      'an output that is no text',
      { input: [{ type: 'function_call_output', call_id: 'x', output: [{ type: 'input_image' }] }] },
      'input[0].output[0].type',
    ],
    ['a nameless call', { input: [{ type: 'function_call', call_id: 'x', arguments: '' }] }, 'input[0].name'],
    ['a message of nobody', { input: [{ type: 'message', content: 'Hi' }] }, 'input[0].role'],
  ])('is refused with %s', (_, body, param) => {
    const { options, kind } = refusalOf(body);
    expect(options.param).toBe(param);
    expect(kind).toMatchObject({ status: 400, type: 'invalid_request_error' });
  });

  it('tells which fields have no effect', () => {
    const { ignored } = read({
      store: false,
      include: ['reasoning.encrypted_content'],
      metadata: { a: 'b' },
      truncation: 'auto',
      new: 1,
    });
    expect(ignored).toEqual(['store', 'truncation', 'new']);
    expect(read({ store: true, background: false, truncation: 'disabled', stream_options: {} }).ignored).toEqual([]);
  });
});
