import { LLMock } from '@copilotkit/aimock';
import type { Capability } from '@orchestrator/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../registry.ts';
import { callOptions, failureOf, readStream, testKey } from '../testing/calls.ts';

/** An independent server, checked by its makers against the vendors: guards against our own misreading of a protocol. */
let mock: LLMock;
beforeAll(async () => {
  mock = new LLMock();
  await mock.start();
});
afterEach(() => {
  mock.clearChaos();
  mock.reset();
});
afterAll(() => mock.stop());

/** Where it serves a vendor at another path than the vendor does. */
const paths: Readonly<Record<string, string>> = { deepinfra: '/v1' };
/** What it can't say in a vendor's format; the scripted upstream can. */
const lacks: Readonly<Record<string, readonly ('reasoning' | 'stream-usage')[]>> = {
  // Thinking comes as text.
  cohere: ['reasoning'],
  // Streams bring usage only if they are asked, and this vendor refuses to be asked.
  mistral: ['stream-usage'],
};

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s against aimock', (id, provider) => {
  const capabilities: readonly string[] =
    provider.models.find(({ model }) => model === provider.defaultModel)?.capabilities ?? [];
  const canDo = (capability: Capability) => capabilities.includes(capability);
  const serves = (feature: 'reasoning' | 'stream-usage') => lacks[id]?.includes(feature) !== true;
  const connect = () => {
    const baseUrl = `${mock.url}${paths[id] ?? new URL(provider.defaultBaseUrl).pathname.replace(/\/$/, '')}`;
    return provider.createAdapter({ apiKey: testKey, baseUrl });
  };
  const request = { prompt: 'say hello', maxTokens: 50 };

  it('answers', async () => {
    const usage = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19, input_tokens: 12, output_tokens: 7 };
    mock.onMessage('hello', { content: 'Hello from the mock.', usage });
    const result = await connect().generate(request, callOptions());
    expect(result).toMatchObject({ content: 'Hello from the mock.', finishReason: 'stop', provider: id, costBasis: 'catalogue' });
    expect(result.usage).toMatchObject({ inputTokens: 12, outputTokens: 7 });
    expect(result.costNanoUsd).toBeGreaterThan(0);
  });

  it('streams', async () => {
    mock.onMessage('hello', { content: 'Hello from the streaming mock, in several pieces.' });
    const { text, finish, parts } = await readStream(connect().stream(request, callOptions()));
    expect(text).toBe('Hello from the streaming mock, in several pieces.');
    expect(parts.length).toBeGreaterThan(3);
    expect(finish?.result).toMatchObject({
      finishReason: 'stop',
      costBasis: serves('stream-usage') ? 'catalogue' : 'reserved',
    });
  });

  if (serves('reasoning')) {
    it('skips reasoning and takes the text', async () => {
      mock.onMessage('hello', { content: 'The answer.', reasoning: 'First I think.' });
      expect((await connect().generate(request, callOptions())).content).toBe('The answer.');
      expect((await readStream(connect().stream(request, callOptions()))).text).toBe('The answer.');
    });
  }

  if (canDo('functions')) {
    it('calls tools', async () => {
      const toolCall = { name: 'get_weather', arguments: '{"city":"Paris"}' };
      mock.onMessage('hello', { toolCalls: [toolCall] });
      const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
      const asking = { ...request, tools: [{ name: 'get_weather', parameters }] };
      const generated = await connect().generate(asking, callOptions());
      const streamed = (await readStream(connect().stream(asking, callOptions()))).finish?.result;
      for (const result of [generated, streamed]) {
        expect(result?.finishReason).toBe('tool-calls');
        expect(result?.toolCalls?.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) }))).toEqual([
          { name: 'get_weather', arguments: { city: 'Paris' } },
        ]);
      }
    });
  }

  if (canDo('structured-output')) {
    it('answers with JSON that follows a schema', async () => {
      mock.onMessage('hello', { content: '{"city":"Paris"}' });
      const responseFormat = { type: 'json-schema', name: 'place', schema: { type: 'object' } } as const;
      const { content } = await connect().generate({ ...request, responseFormat }, callOptions());
      expect(JSON.parse(content)).toEqual({ city: 'Paris' });
    });
  }

  it('says when to come back', async () => {
    mock.onMessage('hello', { error: { message: 'slow down', type: 'rate_limit_error' }, status: 429, retryAfter: 2 });
    const { error } = await failureOf(connect().generate(request, callOptions()));
    expect(error).toMatchObject({ name: 'Provider.RateLimited', retryable: true, status: 429, retryAfterMs: 2000 });
  });

  it('never takes a disturbed answer for a success', async () => {
    mock.onMessage(
      'hello',
      { content: 'A long answer that is cut before it has ended. '.repeat(20) },
      { disconnectAfterMs: 30, latency: 10 },
    );
    const cut = await failureOf(readStream(connect().stream(request, callOptions())));
    expect(cut.error).toMatchObject({ name: 'Provider.Truncated', retryable: true });
    mock.setChaos({ malformedRate: 1 });
    expect((await failureOf(connect().generate(request, callOptions()))).error.name).toBe('Provider.Unavailable');
    mock.setChaos({ dropRate: 1 });
    expect((await failureOf(connect().generate(request, callOptions()))).error.name).toBe('Provider.Unavailable');
    mock.setChaos({ disconnectRate: 1 });
    expect((await failureOf(connect().generate(request, callOptions()))).error.name).toMatch(
      /^Provider\.(?:Unavailable|Truncated)$/,
    );
  });
});
