import { describe, expect, it } from 'vitest';
import { OpenAiError } from '../errors/openai-error.ts';
import { toGenerateRequest } from '../request/request-draft.ts';
import { readChatRequest } from './read-request.ts';

const user = [{ role: 'user', content: 'Hi' }];
const read = (body: object) =>
  readChatRequest({ value: { model: 'm', messages: user, ...body }, issues: [] }, () => ({ model: 'm' }));
const translate = (body: object) => toGenerateRequest({ checkNames: () => [] }, read(body).draft);

function refusalOf(body: object): { param: string | undefined; code: string | null; message: string } {
  try {
    translate(body);
  } catch (error) {
    if (error instanceof OpenAiError) return { param: error.options.param, code: error.kind.code, message: error.message };
    throw error;
  }
  throw new Error('accepted');
}

describe('a request for a chat completion', () => {
  it('is translated field by field', () => {
    expect(
      translate({
        max_completion_tokens: 100,
        max_tokens: 50,
        temperature: 0.5,
        top_p: 0.9,
        stop: 'END',
        seed: 7,
        reasoning_effort: 'low',
        tools: [
          { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
          { type: 'function', function: { name: 'g' } },
        ],
        tool_choice: { type: 'function', function: { name: 'f' } },
        response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
        user: 'u',
        orchestrator: {
          max_cost_usd: 0.5,
          timeout_ms: 1000,
          priority: 'high',
          fallbacks: [{ provider: 'acme' }],
          requires: ['vision'],
        },
      }),
    ).toEqual({
      model: 'm',
      messages: user,
      maxTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      stop: ['END'],
      seed: 7,
      reasoningEffort: 'low',
      tools: [
        { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { name: 'g', parameters: { type: 'object', properties: {} } },
      ],
      toolChoice: { name: 'f' },
      responseFormat: { type: 'json-schema', name: 'n', schema: { type: 'object' }, strict: true },
      userId: 'u',
      maxCostUSD: 0.5,
      timeoutMs: 1000,
      priority: 'high',
      fallbacks: [{ provider: 'acme' }],
      requires: ['vision'],
    });
  });

  it('may say null or nothing for everything but model and messages', () => {
    const names = ['max_tokens', 'max_completion_tokens', 'temperature', 'top_p', 'stop', 'seed', 'reasoning_effort', 'tools'];
    const more = ['tool_choice', 'response_format', 'user', 'orchestrator', 'stream', 'stream_options', 'n', 'logprobs', 'audio'];
    const body = Object.fromEntries([...names, ...more, 'logit_bias', 'functions'].map((name) => [name, null]));
    expect(translate(body)).toEqual({ model: 'm', messages: user });
    expect(read(body).ignored).toEqual([]);
    expect(translate({ tools: [], tool_choice: 'auto', stop: [] })).toEqual({ model: 'm', messages: user });
  });

  it('has messages of all roles', () => {
    const image = 'aGVsbG8=';
    expect(
      translate({
        messages: [
          {
            role: 'developer',
            content: [
              { type: 'text', text: 'Be ' },
              { type: 'text', text: 'brief.' },
            ],
            name: 'x',
          },
          { role: 'system', content: '' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Look' },
              { type: 'image_url', image_url: { url: `data:image/jpg;base64,${image}`, detail: 'low' } },
              { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            ],
          },
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: '{' } }],
          },
          { role: 'tool', tool_call_id: 'x', content: [{ type: 'text', text: 'done' }] },
          { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
          { role: 'assistant', content: '' },
          { role: 'assistant', content: null, refusal: 'Never.' },
        ],
      }).messages,
    ).toEqual([
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image', data: image, mediaType: 'image/jpeg' },
          { type: 'image', url: 'https://example.com/a.png' },
        ],
      },
      { role: 'assistant', toolCalls: [{ id: 'x', name: 'f', arguments: '{' }] },
      { role: 'tool', toolCallId: 'x', content: 'done' },
      { role: 'assistant', content: 'No.' },
      { role: 'assistant', content: 'Never.' },
    ]);
  });

  it.each<[string, object, string]>([
    ['n', { n: 2 }, 'n'],
    ['logprobs', { logprobs: true }, 'logprobs'],
    ['top_logprobs', { top_logprobs: 1 }, 'top_logprobs'],
    ['logit_bias', { logit_bias: { 50256: -100 } }, 'logit_bias'],
    ['audio', { audio: { voice: 'alloy' } }, 'audio'],
    ['modalities', { modalities: ['text', 'audio'] }, 'modalities'],
    ['functions', { functions: [{ name: 'f' }] }, 'functions'],
    ['a search', { web_search_options: {} }, 'web_search_options'],
    ['a custom tool', { tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
    [
      'a set of tools',
      { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: { type: 'allowed_tools' } },
      'tool_choice.type',
    ],
    ['a grammar', { response_format: { type: 'grammar' } }, 'response_format.type'],
    [
      'sound',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] },
      'messages[0].content[0].type',
    ],
    ['a file', { messages: [...user, { role: 'user', content: [{ type: 'file', file: {} }] }] }, 'messages[1].content[0].type'],
    ['text of other kinds', { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
    [
      'calls of custom tools',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'x', type: 'custom' }] }] },
      'messages[0].tool_calls[0]',
    ],
    ['old calls', { messages: [{ role: 'assistant', function_call: { name: 'f' } }] }, 'messages[0].function_call'],
  ])('is refused with %s', (_, body, param) => {
    const refusal = refusalOf(body);
    expect(refusal.param).toBe(param);
    expect(refusal.code).toMatch(/^unsupported_(parameter|value)$/);
    expect(refusal.message).toMatch(/\.$/);
  });

  it.each(['data:image/svg+xml;base64,AAAA', 'data:image/png,AAAA', 'file:///etc/passwd', '', 'data:;base64,AAAA'])(
    'is refused with the image %s',
    (url) => {
      const refusal = refusalOf({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] });
      expect(refusal).toMatchObject({ param: 'messages[0].content[0].image_url.url', code: 'invalid_value' });
    },
  );

  it.each<[object, string[]]>([
    [{ temperature: 3 }, ['/temperature']],
    [{ max_tokens: 0 }, ['/max_tokens']],
    [{ max_completion_tokens: 0, max_tokens: 1 }, ['/max_completion_tokens']],
    [{ top_p: 2 }, ['/top_p']],
    [{ seed: -1 }, ['/seed']],
    [{ stop: ['1', '2', '3', '4', '5'] }, ['/stop']],
    [{ user: 'x'.repeat(201) }, ['/user']],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, ['/tools/0/function/name']],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
      ['/response_format/json_schema/name'],
    ],
    // The empty system message is left out, and the places of the others stay theirs.
    [
      {
        messages: [
          { role: 'system', content: '' },
          { role: 'user', content: '' },
        ],
      },
      ['/messages/1/content'],
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,?' } }] }] },
      ['/messages/0/content'],
    ],
    [{ messages: [{ role: 'system', content: '' }] }, ['/messages']],
  ])('names the field that breaks a rule: %j', (body, pointers) => {
    const thrown = (() => {
      try {
        return translate(body);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code: 'validation-failed' });
    const { issues } = (thrown as { details: { issues: { pointer: string }[] } }).details;
    expect([...new Set(issues.map(({ pointer }) => pointer))]).toEqual(pointers);
  });

  it('tells which fields have no effect', () => {
    expect(
      read({
        frequency_penalty: 1,
        presence_penalty: 0,
        store: false,
        metadata: { a: 'b' },
        service_tier: 'flex',
        verbosity: 'medium',
        parallel_tool_calls: false,
        stream: true,
        n: 1,
        safety_identifier: 'x',
        prediction: {},
        something_new: [1],
        'na\r\nme': 1,
      }).ignored,
    ).toEqual(['frequency_penalty', 'store', 'metadata', 'service_tier', 'prediction', 'something_new', 'na%0D%0Ame']);
    expect(read({ store: true, metadata: {}, service_tier: 'auto', logit_bias: {}, modalities: ['text'] }).ignored).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field_${index}${'x'.repeat(100)}`, 1]));
    expect(read(many).ignored).toHaveLength(30);
    expect(read(many).ignored.join(', ').length).toBeLessThan(2_000);
  });
});
