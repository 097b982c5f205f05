import { LLMock } from '@copilotkit/aimock';
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

describe.each(providers.map((provider) => [provider.id, provider] as const))('%s against aimock', (id, provider) => {
  const connect = () => {
    const baseUrl = `${mock.url}${new URL(provider.defaultBaseUrl).pathname.replace(/\/$/, '')}`;
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
    expect(finish?.result).toMatchObject({ finishReason: 'stop', costBasis: 'catalogue' });
  });

  it('skips reasoning and takes the text', async () => {
    mock.onMessage('hello', { content: 'The answer.', reasoning: 'First I think.' });
    expect((await connect().generate(request, callOptions())).content).toBe('The answer.');
    expect((await readStream(connect().stream(request, callOptions()))).text).toBe('The answer.');
  });

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
