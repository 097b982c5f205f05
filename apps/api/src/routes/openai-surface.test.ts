import { expect, it } from 'vitest';
import { rawExchange } from '../testing/raw-http.ts';
import { portOf, startApi, type TestApi } from '../testing/start-api.ts';

const chat = '/v1/chat/completions';
const body = { model: 'auto', messages: [{ role: 'user', content: 'Hi' }] };

async function refused(test: TestApi, method: string, path: string, options: Parameters<TestApi['send']>[2] = {}) {
  const { status, headers, body: answered } = await test.send(method, path, options);
  expect(headers.get('content-type'), path).toBe('application/json');
  expect(Object.keys(answered.error).sort(), path).toEqual(['code', 'message', 'param', 'type']);
  expect(headers.get('x-should-retry'), path).toBe('false');
  expect(headers.get('x-request-id'), path).not.toBeNull();
  const { type, code } = answered.error as unknown as { type: string; code: string };
  return [status, type, code];
}

it('answers errors on its paths in the shape of OpenAI, whatever goes wrong', async () => {
  await using test = await startApi();
  const invalid = 'invalid_request_error';
  for (const path of ['/v1', '/v1/', '/v1/assistants', '/v1/chat', '/v1/models/%FF', '/v1/Models'])
    expect(await refused(test, 'GET', path)).toEqual([404, invalid, 'not_found']);
  expect(await refused(test, 'GET', chat)).toEqual([405, invalid, 'method_not_supported']);
  expect(await refused(test, 'DELETE', '/v1/models/auto')).toEqual([405, invalid, 'method_not_supported']);
  expect(await refused(test, 'POST', `${chat}?stream=1`, { body })).toEqual([400, invalid, 'unknown_parameter']);
  for (const path of [chat, '/v1/responses']) {
    expect(await refused(test, 'POST', path, { body: '{"model":' })).toEqual([400, invalid, 'invalid_json']);
    expect(await refused(test, 'POST', path, { body: '{}', headers: { 'content-type': 'text/plain' } })).toEqual([
      415,
      invalid,
      'unsupported_media_type',
    ]);
    expect(await refused(test, 'POST', path, { body: {} })).toEqual([400, invalid, 'missing_required_parameter']);
    expect(await refused(test, 'POST', path, { body: [] })).toEqual([400, invalid, 'invalid_type']);
    expect(await refused(test, 'POST', path, { body: 'x'.repeat(8 * 1024 * 1024 + 1) })).toEqual([
      413,
      invalid,
      'request_too_large',
    ]);
    expect(await refused(test, 'POST', path, { body: { ...body, input: 'Hi', model: 'a\u0000' } })).toEqual([
      400,
      invalid,
      'invalid_value',
    ]);
  }
  expect(await refused(test, 'POST', chat, { body, headers: { 'idempotency-key': 'é'.repeat(2) } })).toEqual([
    400,
    invalid,
    'invalid_value',
  ]);
  expect(test.store.calls).toEqual([]);
});

it('lets other web pages as little through as elsewhere', async () => {
  await using test = await startApi();
  expect(await refused(test, 'POST', chat, { body, headers: { origin: 'https://example.com' } })).toEqual([
    403,
    'permission_error',
    'forbidden',
  ]);
  const received = await rawExchange(portOf(test), ['GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n'], (text) =>
    text.includes('}}'),
  );
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
  expect(received).toContain('"type":"permission_error"');
});

it('takes 8 MiB, as images are part of a body', async () => {
  await using test = await startApi();
  const url = `data:image/png;base64,${'A'.repeat(7 * 1024 * 1024)}`;
  const content = [
    { type: 'text', text: 'What is it?' },
    { type: 'image_url', image_url: { url } },
  ];
  const accepted = test.nextAccepted();
  const leave = new AbortController();
  const answer = test.send('POST', chat, { body: { ...body, messages: [{ role: 'user', content }] }, signal: leave.signal });
  const { input } = await accepted;
  expect(input).toMatchObject({ messages: [{ content: [{ type: 'text' }, { type: 'image', mediaType: 'image/png' }] }] });
  leave.abort();
  await expect(answer).rejects.toThrow();
});

it('refuses where nobody can serve a request, and says which parameter to change', async () => {
  await using test = await startApi();
  const unknown = await test.post(chat, { ...body, n: 2, model: 'nobody/nothing' });
  expect(unknown.body.error).toMatchObject({ param: 'n', code: 'unsupported_parameter' });
});

it('lists names of models, and finds them with slashes as they are or escaped', async () => {
  await using test = await startApi({ modelAliases: { smart: { provider: 'anthropic', model: 'claude-haiku-5-5' } } });
  const { body: list } = await test.get('/v1/models');
  expect(list).toMatchObject({
    object: 'list',
    data: expect.arrayContaining([{ id: 'smart', object: 'model', created: 0, owned_by: 'anthropic' }]),
  });
  for (const name of ['groq/openai/gpt-oss-20b', 'groq%2Fopenai%2Fgpt-oss-20b']) {
    expect((await test.get(`/v1/models/${name}`)).body).toEqual({
      id: 'groq/openai/gpt-oss-20b',
      object: 'model',
      created: 0,
      owned_by: 'groq',
    });
  }
});
