import OpenAI, { APIError, NotFoundError, PermissionDeniedError } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type CompatInstallation, startCompatInstallation } from './support/installation.ts';

failOnLeakedProcesses();

const model = 'openai/gpt-4o-mini';
const userMessage = (content: string) => [{ role: 'user' as const, content }];

let installation: CompatInstallation;
let client: OpenAI;
beforeAll(async () => {
  installation = await startCompatInstallation();
  client = new OpenAI({ baseURL: `${installation.api.url}/v1`, apiKey: 'not needed' });
});
afterAll(() => installation?.dispose());

describe('chat completions', () => {
  it('answers', async () => {
    const { data, response } = await client.chat.completions
      .create({
        model,
        messages: [{ role: 'system', content: 'Be brief.' }, ...userMessage('[[sdk-plain]] Hello')],
        max_tokens: 50,
      })
      .withResponse();
    expect(data.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(data.choices[0]?.message.content).toContain('[[sdk-plain]] Scripted answer');
    expect(data.usage?.total_tokens).toBe((data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
    expect(response.headers.get('x-orchestrator-provider')).toBe('openai');
    const job = await installation.api.job(response.headers.get('x-orchestrator-run-id') ?? '');
    expect(job).toMatchObject({ status: 'completed', kind: 'generate' });
    expect(Number(response.headers.get('x-orchestrator-cost-usd'))).toBe(job.totalCostUSD);
  });

  it('streams, and tells the usage when asked', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: userMessage('[[sdk-stream]] Hello'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toContain('[[sdk-stream]] Scripted answer');
    expect(chunks.length).toBeGreaterThan(4);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('runs tools until there is an answer, streamed or not', async () => {
    for (const stream of [false, true]) {
      const marker = stream ? 'tool-runner-stream' : 'tool-runner';
      const asked: string[] = [];
      const body = {
        model,
        messages: userMessage(`[[${marker}]] What is the weather in Paris?`),
        tools: [
          {
            type: 'function' as const,
            function: {
              name: 'weather',
              description: 'The weather in a city',
              parameters: { type: 'object', properties: { city: { type: 'string' } } },
              parse: JSON.parse,
              function: ({ city }: { city: string }) => {
                asked.push(city);
                return `18 degrees in ${city}`;
              },
            },
          },
        ],
      };
      const runner = stream
        ? client.chat.completions.runTools({ ...body, stream: true })
        : client.chat.completions.runTools(body);
      expect(await runner.finalContent()).toContain('Scripted answer');
      expect(asked).toEqual(['Paris', 'Rome']);
      const calls = installation.upstream.entries().filter((entry) => entry.marker === marker);
      expect(calls).toHaveLength(2);
      expect(calls[1]?.request).toMatchObject({
        messages: [
          { role: 'user' },
          { role: 'assistant', tool_calls: [{ id: 'call-1' }, { id: 'call-2' }] },
          { role: 'tool', tool_call_id: 'call-1', content: '18 degrees in Paris' },
          { role: 'tool', tool_call_id: 'call-2', content: '18 degrees in Rome' },
        ],
      });
    }
  });

  it('parses answers that follow a schema', async () => {
    const City = z.object({ city: z.string(), population: z.number() });
    const completion = await client.chat.completions.parse({
      model,
      messages: userMessage('[[json]] The capital of France'),
      response_format: zodResponseFormat(City, 'city'),
    });
    expect(completion.choices[0]?.message.parsed).toEqual({ city: 'Paris', population: 2_100_000 });
    const stream = client.chat.completions.stream({
      model,
      messages: userMessage('[[json]] The capital of France'),
      response_format: zodResponseFormat(City, 'city'),
    });
    expect((await stream.finalChatCompletion()).choices[0]?.message.parsed).toEqual({ city: 'Paris', population: 2_100_000 });
  });

  it('sees errors as those of OpenAI', async () => {
    await expect(client.chat.completions.create({ model: 'gpt-99', messages: userMessage('Hi') })).rejects.toBeInstanceOf(
      NotFoundError,
    );
    const error = await client.chat.completions
      .create({ model, n: 2, messages: userMessage('Hi') })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 400, param: 'n', code: 'unsupported_parameter', type: 'invalid_request_error' });
  });

  it('is told at once that a call needs approval, and does not try again', async () => {
    const request = { model: 'openai/no-such-price', messages: userMessage('[[sdk-approval]] Hi') };
    const error = await client.chat.completions.create(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(error).toMatchObject({ code: 'approval_required' });
    const approvals = (await installation.api.get('/api/approvals?status=pending')).body as { approvals: object[] };
    expect(approvals.approvals).toHaveLength(1);
  });

  it('throws in the middle of a stream that breaks off', async () => {
    const stream = await client.chat.completions.create({ model, messages: userMessage('[[cut-always]] Hi'), stream: true });
    const texts: string[] = [];
    const read = async () => {
      for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '');
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
    expect(texts.join('')).not.toBe('');
  });
});

describe('responses', () => {
  it('answers', async () => {
    const response = await client.responses.create({ model, instructions: 'Be brief.', input: '[[rsp-plain]] Hello' });
    expect(response).toMatchObject({ object: 'response', status: 'completed', error: null });
    expect(response.output_text).toContain('[[rsp-plain]] Scripted answer');
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  it('streams', async () => {
    const stream = client.responses.stream({ model, input: '[[rsp-stream]] Hello' });
    const deltas: string[] = [];
    const types: string[] = [];
    stream.on('event', (event) => types.push(event.type));
    stream.on('response.output_text.delta', (event) => deltas.push(event.delta));
    const final = await stream.finalResponse();
    expect(final.output_text).toContain('[[rsp-stream]] Scripted answer');
    expect(deltas.join('')).toBe(final.output_text);
    expect(types.slice(0, 4)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
    ]);
    expect(types.at(-1)).toBe('response.completed');
  });

  it('calls tools and takes their outputs', async () => {
    const tools: OpenAI.Responses.Tool[] = [
      { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false },
    ];
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: '[[tool-rsp]] What is the weather?' }];
    const stream = client.responses.stream({ model, input, tools });
    const first = await stream.finalResponse();
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls.map(({ name, call_id, arguments: text }) => [name, call_id, JSON.parse(text)])).toEqual([
      ['weather', 'call-1', { city: 'Paris' }],
      ['weather', 'call-2', { city: 'Rome' }],
    ]);
    const outputs = calls.map(({ call_id }) => ({ type: 'function_call_output' as const, call_id, output: '18 degrees' }));
    const second = await client.responses.create({ model, tools, input: [...input, ...calls, ...outputs] });
    expect(second.output_text).toContain('Scripted answer');
  });

  it('parses answers that follow a schema', async () => {
    const City = z.object({ city: z.string(), population: z.number() });
    const response = await client.responses.parse({
      model,
      input: '[[json]] The capital of France',
      text: { format: zodTextFormat(City, 'city') },
    });
    expect(response.output_parsed).toEqual({ city: 'Paris', population: 2_100_000 });
  });

  it('fails in the middle of a stream that breaks off', async () => {
    const stream = client.responses.stream({ model, input: '[[cut-always]] Hi' });
    const error = await stream.finalResponse().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: 'answer_interrupted' });
  });
});

it('models are listed and found, slashes and all', async () => {
  const ids = [];
  for await (const { id } of client.models.list()) ids.push(id);
  expect(ids).toEqual(expect.arrayContaining(['auto', 'cheapest', 'fastest', 'smart', model]));
  expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: 'model', owned_by: 'openai' });
  await expect(client.models.retrieve('openai')).rejects.toBeInstanceOf(NotFoundError);
});
