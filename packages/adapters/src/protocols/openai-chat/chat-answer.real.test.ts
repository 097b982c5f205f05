import type { ModelRequest } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openai } from '../../providers/openai/index.ts';
import { callOptions, failureOf, testKey } from '../../testing/calls.ts';
import { type ChatVendor, completion, startChatVendor } from '../../testing/chat-vendor.ts';

let vendor: ChatVendor;
beforeAll(async () => {
  vendor = await startChatVendor();
});
afterAll(() => vendor.close());

const model = 'gpt-4o-mini';
const usage = { prompt_tokens: 20, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 5 } };
const connect = () => openai.createAdapter({ apiKey: testKey, baseUrl: vendor.baseUrl(openai.defaultBaseUrl) });
const generate = (request: ModelRequest) => connect().generate({ model, ...request }, callOptions());

const tools = [
  {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    strict: true,
  },
];

describe('the request', () => {
  it('carries nothing that the environment names for one vendor', async () => {
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', `x-private: 1\nauthorization: Bearer of-another-vendor`);
    vi.stubEnv('OPENAI_ORG_ID', 'org');
    try {
      vendor.answerWith({ json: completion({ content: 'ok' }, { model, usage }) });
      await generate({ prompt: 'p' });
      expect(vendor.seen().headers).toMatchObject({ authorization: `Bearer ${testKey}` });
      expect(Object.keys(vendor.seen().headers).filter((name) => /private|organization/.test(name))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('carries a whole conversation', async () => {
    vendor.answerWith({ json: completion({ content: 'ok' }, { model, usage }) });
    await generate({
      systemPrompt: 'Be brief.',
      messages: [
        { role: 'system', content: 'Answer in French.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', url: 'https://example.com/cat.png' },
            { type: 'image', data: 'AAAA', mediaType: 'image/png' },
          ],
        },
        {
          role: 'assistant',
          content: 'Let me look.',
          toolCalls: [{ id: 'c1', name: 'get_weather', arguments: '{"city":"Paris"}' }],
        },
        { role: 'tool', toolCallId: 'c1', content: '{"celsius":21}' },
        { role: 'assistant', content: 'It is 21 degrees.' },
      ],
      prompt: 'Thanks. And tomorrow?',
      tools,
      toolChoice: { name: 'get_weather' },
      temperature: 0.2,
      topP: 0.9,
      stop: ['END'],
      seed: 7,
      maxTokens: 100,
    });
    expect(vendor.seen().body).toMatchInlineSnapshot(`
      {
        "max_completion_tokens": 100,
        "messages": [
          {
            "content": "Be brief.

      Answer in French.",
            "role": "system",
          },
          {
            "content": [
              {
                "text": "What is this?",
                "type": "text",
              },
              {
                "image_url": {
                  "url": "https://example.com/cat.png",
                },
                "type": "image_url",
              },
              {
                "image_url": {
                  "url": "data:image/png;base64,AAAA",
                },
                "type": "image_url",
              },
            ],
            "role": "user",
          },
          {
            "content": "Let me look.",
            "role": "assistant",
            "tool_calls": [
              {
                "function": {
                  "arguments": "{"city":"Paris"}",
                  "name": "get_weather",
                },
                "id": "c1",
                "type": "function",
              },
            ],
          },
          {
            "content": "{"celsius":21}",
            "role": "tool",
            "tool_call_id": "c1",
          },
          {
            "content": "It is 21 degrees.",
            "role": "assistant",
          },
          {
            "content": "Thanks. And tomorrow?",
            "role": "user",
          },
        ],
        "model": "gpt-4o-mini",
        "seed": 7,
        "stop": [
          "END",
        ],
        "temperature": 0.2,
        "tool_choice": {
          "function": {
            "name": "get_weather",
          },
          "type": "function",
        },
        "tools": [
          {
            "function": {
              "description": "Weather of a city",
              "name": "get_weather",
              "parameters": {
                "properties": {
                  "city": {
                    "type": "string",
                  },
                },
                "required": [
                  "city",
                ],
                "type": "object",
              },
              "strict": true,
            },
            "type": "function",
          },
        ],
        "top_p": 0.9,
      }
    `);
  });

  it.each<[string, ModelRequest, object]>([
    ['any JSON', { responseFormat: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    [
      'a schema',
      { responseFormat: { type: 'json-schema', schema: { type: 'object' }, name: 'report', strict: true } },
      { response_format: { type: 'json_schema', json_schema: { name: 'report', schema: { type: 'object' }, strict: true } } },
    ],
    [
      'a schema without a name',
      { responseFormat: { type: 'json-schema', schema: { type: 'object' } } },
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } } },
    ],
    ['plain text', { responseFormat: { type: 'text' } }, {}],
    ['a tool at will', { tools, toolChoice: 'required' }, { tool_choice: 'required' }],
    ['no tool', { tools, toolChoice: 'none' }, { tool_choice: 'none' }],
    ['an effort', { model: 'gpt-6-luna', reasoningEffort: 'low' }, { reasoning_effort: 'low' }],
    ['tools of a model that must not reason with them', { model: 'gpt-6-luna', tools }, { reasoning_effort: 'none' }],
  ])('asks for %s', async (_, request, expected) => {
    vendor.answerWith({ json: completion({ content: '{}' }, { model, usage }) });
    await generate({ prompt: 'p', ...request });
    const { model: _model, messages: _messages, max_completion_tokens: _limit, tools: _tools, ...rest } = vendor.seen().body;
    expect(rest).toEqual(expected);
  });
});

describe('a request for any JSON object', () => {
  it.each<[ModelRequest, readonly object[]]>([
    [
      { prompt: 'cats' },
      [
        { role: 'system', content: 'Answer with a JSON object.' },
        { role: 'user', content: 'cats' },
      ],
    ],
    [
      { prompt: 'cats', systemPrompt: 'Be brief.' },
      [
        { role: 'system', content: 'Be brief.\n\nAnswer with a JSON object.' },
        { role: 'user', content: 'cats' },
      ],
    ],
    [{ prompt: 'cats as Json' }, [{ role: 'user', content: 'cats as Json' }]],
  ])('names JSON, unless its messages do: %j', async (request, messages) => {
    vendor.answerWith({ json: completion({ content: '{}' }, { model, usage }) });
    await generate({ ...request, responseFormat: { type: 'json' } });
    expect(vendor.seen().body.messages).toEqual(messages);
  });
});

describe('the answer', () => {
  it('has tool calls, reasoning and sources', async () => {
    const message = {
      content: null,
      reasoning_content: 'They ask for Paris.',
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
        { type: 'function', function: { name: 'get_weather', arguments: { city: 'Rome' } } },
      ],
      annotations: [
        { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } },
        { type: 'url_citation', url_citation: { url: 'https://a.example', title: 'A' } },
        { type: 'other' },
      ],
    };
    vendor.answerWith({ json: completion(message, { model, usage }, 'tool_calls') });
    expect(await generate({ prompt: 'p', tools })).toMatchObject({
      content: '',
      reasoning: 'They ask for Paris.',
      finishReason: 'tool-calls',
      toolCalls: [
        { id: 'c1', name: 'get_weather', arguments: '{"city":"Paris"}' },
        { id: 'call_1', name: 'get_weather', arguments: '{"city":"Rome"}' },
      ],
      citations: [{ url: 'https://a.example', title: 'A' }],
      usage: { inputTokens: 20, outputTokens: 10, cachedInputTokens: 5 },
    });
  });

  it('is put together from typed chunks', async () => {
    const content = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'First ' },
          { type: 'text', text: 'think.' },
        ],
      },
      { type: 'text', text: 'Then ' },
      { type: 'text', text: 'say.' },
    ];
    vendor.answerWith({ json: completion({ content }, { model, usage }) });
    expect(await generate({ prompt: 'p' })).toMatchObject({ content: 'Then say.', reasoning: 'First think.' });
  });

  it.each<[string, object, string, string]>([
    ['an error object', { error: { message: 'upstream broke', code: 502 } }, 'Provider.Unavailable', 'none'],
    ['an error with a status as text', { error: { message: 'slow down', code: '429' } }, 'Provider.RateLimited', 'none'],
    ['an error of a kind', { error: { message: 'busy', type: 'overloaded_error' } }, 'Provider.Overloaded', 'reserved'],
    ['an error text', { error: 'context length exceeded' }, 'Provider.ContextLength', 'reserved'],
    ['no choices', { choices: [], usage }, 'Provider.Unavailable', 'reserved'],
    ['an empty choice', completion({ content: null }, { usage }, ''), 'Provider.Unavailable', 'reserved'],
    ['an answer that ended in an error', completion({ content: 'half' }, { usage }, 'error'), 'Provider.Unavailable', 'reserved'],
    ['a call of nothing', completion({ tool_calls: [{ id: 'x' }] }, { usage }), 'Provider.Unavailable', 'reserved'],
  ])('with status 200 and %s is a failure', async (_, json, name, basis) => {
    vendor.answerWith({ json });
    const { error, costBasis } = await failureOf(generate({ prompt: 'p' }));
    expect([error.name, costBasis]).toEqual([name, basis]);
  });

  it('takes an empty text with a reason for an answer', async () => {
    vendor.answerWith({ json: completion({ content: '' }, { model, usage }, 'length') });
    expect(await generate({ prompt: 'p' })).toMatchObject({ content: '', finishReason: 'length' });
  });
});
