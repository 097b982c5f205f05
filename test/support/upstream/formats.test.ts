import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptInput } from './script.ts';
import { startUpstream, type Upstream } from './upstream.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterEach(() => {
  upstream.setScript({});
  upstream.reset();
});
afterAll(() => upstream.close());

const hello = [{ role: 'user', content: 'Say hello [[f1]]' }];
/** One call of each format: path, key header, body of a plain call, and what makes it a stream. */
const calls = {
  chat: ['/p/openai/v1/chat/completions', { model: 'gpt-4o-mini', max_tokens: 50, messages: hello }],
  messages: ['/p/anthropic/v1/messages', { model: 'claude-3-5-haiku', max_tokens: 50, messages: hello }],
  responses: ['/p/perplexity/v1/responses', { model: 'perplexity/sonar', max_output_tokens: 50, input: 'Say hello [[f1]]' }],
  cohere: ['/p/cohere/v2/chat', { model: 'command-r7b-12-2024', max_tokens: 50, messages: hello }],
  gemini: [
    '/p/gemini/v1beta/models/gemini-3.5-flash-lite:generateContent',
    { contents: [{ role: 'user', parts: [{ text: 'Say hello [[f1]]' }] }], generationConfig: { maxOutputTokens: 50 } },
  ],
} as const satisfies Record<string, readonly [string, object]>;
type Format = keyof typeof calls;
const formats = Object.keys(calls) as Format[];

function post(path: string, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${upstream.port}${path}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'x' },
    body: JSON.stringify(body),
  });
}
function ask(format: Format): Promise<Response> {
  const [path, body] = calls[format];
  return post(path, body);
}
function askForStream(format: Format): Promise<Response> {
  const [path, body] = calls[format];
  if (format === 'gemini') return post(`${path.replace(':generate', ':streamGenerate')}?alt=sse`, body);
  return post(path, { ...body, stream: true });
}

describe.each(formats)('upstream, format %s', (format) => {
  it('reads the call and charges the model that was asked', async () => {
    const answer = await (await ask(format)).text();
    expect(answer).toContain('[[f1]] Scripted answer');
    const [entry] = upstream.entries();
    expect(entry).toMatchObject({ marker: 'f1', maxTokens: 50, isStream: false, status: 200 });
    expect(entry?.chargedNanoUsd).toBeGreaterThan(0);
  });

  it('streams what it would answer', async () => {
    upstream.setScript({ rules: [{ content: 'one two three' }] });
    const response = await askForStream(format);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const stream = await response.text();
    for (const word of ['one ', 'two ', 'three']) expect(stream).toContain(JSON.stringify(word));
    expect(upstream.entries()).toMatchObject([{ isStream: true }]);
  });

  it.each([
    ['before-headers', null],
    ['before-tokens', false],
    ['after-tokens', true],
  ] as const)('cuts %s', async (at, hasText) => {
    const script: ScriptInput = { rules: [{ content: 'all words', fault: { type: 'cut', at } }] };
    upstream.setScript(script);
    if (hasText === null) return expect(askForStream(format)).rejects.toThrow('fetch failed');
    const reader = (await askForStream(format)).body?.getReader();
    let seen = '';
    const end = await (async () => {
      for (;;) {
        const piece = await reader?.read();
        if (piece?.done !== false) return 'a clean end';
        seen += Buffer.from(piece.value).toString();
      }
    })().catch((error: Error) => error.message);
    expect([end, seen.includes('words')]).toEqual(['terminated', hasText]);
  });

  it('puts an error into a stream, before or after tokens', async () => {
    for (const at of ['before-tokens', 'in-body'] as const) {
      const error = { type: 'overloaded_error', message: 'too many' };
      upstream.setScript({ rules: [{ content: 'a b c d', fault: { type: 'error-in-stream', at, error } }] });
      const stream = await (await askForStream(format)).text();
      expect(stream).toContain('too many');
      expect(stream.includes('"a "')).toBe(at === 'in-body');
    }
  });
});

describe('a strict upstream', () => {
  it.each([
    ['/p/mistral/v1/chat/completions', { model: 'm', messages: hello, seed: 1 }, 422, 'seed'],
    ['/p/openai/v1/chat/completions', { model: 'gpt-6-luna', messages: hello, temperature: 1 }, 400, 'temperature'],
    ['/p/anthropic/v1/messages', { model: 'claude-haiku-5-5', max_tokens: 1, messages: hello, top_p: 1 }, 400, 'top_p'],
    ['/p/perplexity/v1/responses', { model: 'perplexity/sonar', input: 'x', stop: ['x'] }, 400, 'stop'],
    ['/p/cohere/v2/chat', { model: 'command-r', messages: hello, stream_options: {} }, 422, 'stream_options'],
  ] as const)('%s refuses what its vendor refuses', async (path, body, status, parameter) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(parameter);
    expect(upstream.summary().calls).toBe(0);
  });
});
