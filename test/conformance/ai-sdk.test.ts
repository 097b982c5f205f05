import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateObject, generateText, type LanguageModel, Output, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type CompatInstallation, startCompatInstallation } from './support/installation.ts';

failOnLeakedProcesses();

let installation: CompatInstallation;
beforeAll(async () => {
  installation = await startCompatInstallation();
});
afterAll(() => installation?.dispose());

const baseURL = () => `${installation.api.url}/v1`;
const modelId = 'openai/gpt-4o-mini';
/** The three ways in which the AI SDK can ask: responses is its default for OpenAI. */
const ways: readonly [string, () => LanguageModel][] = [
  ['openai, responses', () => createOpenAI({ baseURL: baseURL(), apiKey: 'not needed' })(modelId)],
  ['openai, chat', () => createOpenAI({ baseURL: baseURL(), apiKey: 'not needed' }).chat(modelId)],
  [
    'openai-compatible',
    () =>
      createOpenAICompatible({ name: 'orchestrator', baseURL: baseURL(), includeUsage: true, supportsStructuredOutputs: true })(
        modelId,
      ),
  ],
];

const City = z.object({ city: z.string(), population: z.number() });
const paris = { city: 'Paris', population: 2_100_000 };

describe.each(ways)('%s', (name, model) => {
  const marker = (text: string) => `[[${text}-${name.replace(/\W+/g, '-')}]]`;

  it('generates text', async () => {
    const { text, usage, finishReason } = await generateText({
      model: model(),
      prompt: `${marker('text')} Hello`,
      maxRetries: 0,
    });
    expect(text).toContain('Scripted answer');
    expect(finishReason).toBe('stop');
    expect(usage.inputTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it('streams text', async () => {
    const result = streamText({ model: model(), prompt: `${marker('stream')} Hello`, maxRetries: 0 });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toContain('Scripted answer');
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  const weather = () => {
    const asked: string[] = [];
    const tools = {
      weather: tool({
        description: 'The weather in a city',
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => {
          asked.push(city);
          return `18 degrees in ${city}`;
        },
      }),
    };
    return { asked, tools };
  };

  it('calls tools over several steps', async () => {
    const { asked, tools } = weather();
    const result = await generateText({
      model: model(),
      prompt: `${marker('tool')} What is the weather?`,
      tools,
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(asked).toEqual(['Paris', 'Rome']);
    expect(result.steps).toHaveLength(2);
    expect(result.text).toContain('Scripted answer');
  });

  it('calls tools over several steps of a stream, and goes on with the conversation', async () => {
    const { asked, tools } = weather();
    const prompt = { role: 'user' as const, content: `${marker('tool-stream')} What is the weather?` };
    const result = streamText({ model: model(), messages: [prompt], tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    await result.consumeStream({
      onError: (error) => {
        throw error;
      },
    });
    expect(asked).toEqual(['Paris', 'Rome']);
    const text = await result.text;
    expect(text).toContain('Scripted answer');
    // The SDK refers to earlier items by their ids where it takes them to be stored.
    const messages = [prompt, ...(await result.responseMessages), { role: 'user' as const, content: 'And tomorrow?' }];
    const next = await generateText({ model: model(), messages, tools, maxRetries: 0 });
    expect(next.text).toContain('Scripted answer');
    const last = installation.upstream.entries().at(-1);
    expect(last?.request).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ id: 'call-1' }, { id: 'call-2' }] },
        { role: 'tool', tool_call_id: 'call-1' },
        { role: 'tool', tool_call_id: 'call-2' },
        { role: 'assistant', content: text },
        { role: 'user' },
      ],
    });
  });

  it('gives objects by a schema', async () => {
    const { object } = await generateObject({ model: model(), schema: City, prompt: '[[json]] The capital', maxRetries: 0 });
    expect(object).toEqual(paris);
    const { output } = await generateText({
      model: model(),
      output: Output.object({ schema: City }),
      prompt: '[[json]] The capital',
      maxRetries: 0,
    });
    expect(output).toEqual(paris);
    const request = installation.upstream.entries().at(-1)?.request;
    expect(request).toMatchObject({ response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' } } } });
  });

  it('shows thinking', async () => {
    const result = streamText({ model: model(), prompt: '[[thinking]] Why?', maxRetries: 0 });
    await result.consumeStream();
    expect(await result.text).toBe('Because.');
    if (name !== 'openai, chat') expect(await result.reasoningText).toBe('Let me think about it.');
  });

  it('sends images', async () => {
    const image = Buffer.from('not really a picture').toString('base64');
    await generateText({
      model: model(),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'file', data: image, mediaType: 'image/png' },
          ],
        },
      ],
      maxRetries: 0,
    });
    expect(installation.upstream.entries().at(-1)?.request).toMatchObject({
      messages: [{ content: [{ type: 'text' }, { image_url: { url: `data:image/png;base64,${image}` } }] }],
    });
  });

  it('throws what went wrong', async () => {
    const error = await generateText({ model: model(), prompt: `${marker('busy')} Hi`, maxRetries: 0 }).catch((thrown) => thrown);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 400, message: expect.stringContaining('scripted fault 400') });
    const errors: unknown[] = [];
    const result = streamText({
      model: model(),
      prompt: `${marker('cut')} Hi`,
      maxRetries: 0,
      onError: ({ error: thrown }) => void errors.push(thrown),
    });
    await result.consumeStream();
    expect(JSON.stringify(errors)).toContain('broke off');
  });
});
