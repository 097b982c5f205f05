import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, type ChatOpenAIFields } from '@langchain/openai';
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

const City = z.object({ city: z.string(), population: z.number() });
const paris = { city: 'Paris', population: 2_100_000 };

describe.each([
  ['chat completions', false],
  ['responses', true],
])('ChatOpenAI over %s', (name, useResponsesApi) => {
  const marker = (text: string) => `[[${text}-${name.replace(' ', '-')}]]`;
  const chat = (fields: ChatOpenAIFields = {}) =>
    new ChatOpenAI({
      model: 'openai/gpt-4o-mini',
      apiKey: 'not needed',
      configuration: { baseURL: `${installation.api.url}/v1` },
      maxRetries: 0,
      useResponsesApi,
      ...fields,
    });

  it('invokes', async () => {
    const message = await chat({ maxTokens: 50, temperature: 0.5 }).invoke(`${marker('invoke')} Hello`);
    expect(message.text).toContain('Scripted answer');
    expect(message).toMatchObject({ usage_metadata: { total_tokens: expect.any(Number) } });
    expect(installation.upstream.entries().at(-1)).toMatchObject({ maxTokens: 50, request: { temperature: 0.5 } });
  });

  it('streams', async () => {
    const stream = await chat().stream(`${marker('stream')} Hello`);
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ text }) => text).join('')).toContain('Scripted answer');
    expect(chunks.filter(({ text }) => text !== '').length).toBeGreaterThan(2);
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(whole).toMatchObject({ usage_metadata: { total_tokens: expect.any(Number) } });
  });

  const weather = tool(({ city }) => `18 degrees in ${city}`, {
    name: 'weather',
    description: 'The weather in a city',
    schema: z.object({ city: z.string() }),
  });

  it('binds tools, streamed or not', async () => {
    const model = chat().bindTools([weather]);
    const question = new HumanMessage(`${marker('tool')} What is the weather?`);
    const called = await model.invoke([question]);
    const calls = called.tool_calls ?? [];
    expect(calls.map((call) => call.args)).toEqual([{ city: 'Paris' }, { city: 'Rome' }]);
    const outputs = await Promise.all(calls.map((call) => weather.invoke(call) as Promise<ToolMessage>));
    expect(outputs.every((output) => ToolMessage.isInstance(output))).toBe(true);
    expect((await model.invoke([question, called, ...outputs])).text).toContain('Scripted answer');

    const chunks = [];
    for await (const chunk of await model.stream([question])) chunks.push(chunk);
    const streamed = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(streamed.tool_calls?.map(({ id, args }) => [id, args])).toEqual(calls.map(({ id, args }) => [id, args]));
  });

  it.each(['jsonSchema', 'jsonMode'] as const)('gives structured output by %s', async (method) => {
    const model = chat().withStructuredOutput(City, { name: 'city', method });
    expect(await model.invoke('[[json]] The capital of France as JSON')).toEqual(paris);
  });

  it('gives structured output by calling a function', async () => {
    const model = chat().withStructuredOutput(City, { name: 'extract', method: 'functionCalling' });
    expect(await model.invoke(`${marker('extract')} The capital of France`)).toEqual(paris);
    expect(installation.upstream.entries().at(-1)?.request).toMatchObject({ tool_choice: { function: { name: 'extract' } } });
  });

  it('throws what went wrong', async () => {
    await expect(chat().invoke(`${marker('busy')} Hi`)).rejects.toMatchObject({ status: 400 });
    const stream = await chat().stream(`${marker('cut')} Hi`);
    const read = async () => {
      for await (const chunk of stream) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow('broke off');
  });
});
