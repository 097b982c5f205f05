import { ModelCallError, type ModelRequest } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { prepareCall } from '../../call/prepared-call.ts';
import { gemini } from './index.ts';
import { toContentRequest } from './to-request.ts';

const toRequest = (request: ModelRequest) => toContentRequest(prepareCall(gemini, {}, request));
const weather = { name: 'weather', description: 'of a city', parameters: { properties: { city: { type: 'string' } } } };
const toolTurn: ModelRequest['messages'] = [
  { role: 'user', content: 'Berlin and Rome?' },
  {
    role: 'assistant',
    content: 'I look.',
    toolCalls: [
      { id: 'a', name: 'weather', arguments: '{"city":"Berlin"}' },
      { id: 'b', name: 'forecast', arguments: 'not json' },
    ],
  },
  { role: 'tool', toolCallId: 'b', content: 'sunny' },
  { role: 'tool', toolCallId: 'a', content: '{"degrees":7}' },
];

describe('toContentRequest', () => {
  it('sends every parameter under the name of this vendor', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    expect(
      toRequest({
        prompt: 'p',
        systemPrompt: 's',
        maxTokens: 50,
        temperature: 1.5,
        topP: 0.9,
        stop: ['END'],
        seed: 7,
        reasoningEffort: 'low',
        responseFormat: { type: 'json-schema', schema },
        tools: [weather],
        toolChoice: { name: 'weather' },
      }),
    ).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'p' }] }],
      systemInstruction: 's',
      tools: [
        {
          functionDeclarations: [
            {
              name: 'weather',
              description: 'of a city',
              parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } },
            },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
      generationConfig: {
        maxOutputTokens: 50,
        temperature: 1.5,
        topP: 0.9,
        stopSequences: ['END'],
        seed: 7,
        responseMimeType: 'application/json',
        responseJsonSchema: schema,
        thinkingConfig: { includeThoughts: true, thinkingLevel: 'low' },
      },
    });
  });

  it.each([
    ['auto', 'AUTO'],
    ['none', 'NONE'],
    ['required', 'ANY'],
  ] as const)('tool choice %s is mode %s', (toolChoice, mode) => {
    expect(toRequest({ prompt: 'p', tools: [weather], toolChoice }).toolConfig).toEqual({ functionCallingConfig: { mode } });
  });

  it('names the function of each result, gives the results together, and replaces signatures it never saw', () => {
    expect(toRequest({ messages: toolTurn, tools: [weather] }).contents).toEqual([
      { role: 'user', parts: [{ text: 'Berlin and Rome?' }] },
      {
        role: 'model',
        parts: [
          { text: 'I look.' },
          {
            functionCall: { id: 'a', name: 'weather', args: { city: 'Berlin' } },
            thoughtSignature: 'skip_thought_signature_validator',
          },
          { functionCall: { id: 'b', name: 'forecast', args: { arguments: 'not json' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'b', name: 'forecast', response: { result: 'sunny' } } },
          { functionResponse: { id: 'a', name: 'weather', response: { degrees: 7 } } },
        ],
      },
    ]);
  });

  it('sends neither ids nor signatures to models before Gemini 3', () => {
    const text = JSON.stringify(toRequest({ messages: toolTurn, tools: [weather], model: 'gemini-2.5-pro' }).contents);
    expect(text).not.toMatch(/thoughtSignature|"id"/);
  });

  it('sends images as bytes', () => {
    const content = [
      { type: 'text' as const, text: 'what is it?' },
      { type: 'image' as const, data: 'aGk=', mediaType: 'image/png' as const },
    ];
    expect(toRequest({ messages: [{ role: 'user', content }] }).contents[0]?.parts).toEqual([
      { text: 'what is it?' },
      { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
    ]);
  });

  it.each([
    ['an image URL', { messages: [{ role: 'user', content: [{ type: 'image', url: 'https://x.test/i.png' }] }] }, 'base64'],
    ['a result without a call', { messages: [{ role: 'tool', toolCallId: 'gone', content: 'x' }] }, 'gone'],
    ['a model id that would change the URL', { prompt: 'p', model: 'x?alt=json' }, 'model id'],
    ['a model id with a path', { prompt: 'p', model: '../../v1/files' }, 'model id'],
  ] as const)('refuses %s before the call', (_, request, words) => {
    const refuse = () => toRequest(request as unknown as ModelRequest);
    expect(refuse).toThrow(ModelCallError);
    expect(refuse).toThrow(words);
    try {
      refuse();
    } catch (error) {
      expect(error).toMatchObject({
        error: { name: 'Provider.InvalidRequest', retryable: false },
        costNanoUsd: 0,
        costBasis: 'none',
      });
    }
  });

  it.each([
    ['gemini-3.5-flash-lite', 'minimal', { includeThoughts: true, thinkingLevel: 'minimal' }],
    ['gemini-flash-latest', 'high', { includeThoughts: true, thinkingLevel: 'high' }],
    ['gemini-3-pro-preview', 'none', { includeThoughts: false, thinkingLevel: 'minimal' }],
    ['gemini-2.5-flash', 'none', { includeThoughts: false, thinkingBudget: 0 }],
    ['gemini-2.5-flash', 'medium', { includeThoughts: true, thinkingBudget: 8192 }],
    ['gemini-2.0-flash', 'high', undefined],
    ['gemini-1.5-flash', 'high', undefined],
    ['gemma-3-27b-it', 'high', undefined],
  ] as const)('%s thinks at effort %s as %j', (model, reasoningEffort, expected) => {
    const config = toRequest({ prompt: 'p', model, reasoningEffort }).generationConfig;
    expect(config).toEqual({ maxOutputTokens: 4096, ...(expected === undefined ? {} : { thinkingConfig: expected }) });
  });

  it('asks for any JSON without a schema', () => {
    expect(toRequest({ prompt: 'p', responseFormat: { type: 'json' } }).generationConfig).toEqual({
      maxOutputTokens: 4096,
      responseMimeType: 'application/json',
    });
  });
});
