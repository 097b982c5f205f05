import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { issuesOf, startApi } from '../testing/start-api.ts';

const path = '/api/ai/generate';

it.each<[string, string | Uint8Array]>([
  ['a syntax error', '{"prompt": }'],
  ['a cut text', '{"prompt":"a"'],
  ['nothing', ''],
  ['white space', '  '],
  ['two values', '{} {}'],
  ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
])('answers 400 to %s', async (_, body) => {
  await using test = await startApi();
  const answer = await test.post(path, body);
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: 'urn:problem-type:orchestrator:invalid-json',
    code: 'invalid-json',
    status: 400,
    retryable: false,
    requestId: answer.headers.get('x-request-id'),
  });
});

it('takes a byte order mark', async () => {
  await using test = await startApi();
  expect(issuesOf((await test.post(path, '\ufeff{"x":1}')).body)).toEqual(['/prompt required', '/x unknown-field']);
});

it('answers 415 to other media types, charsets and encodings', async () => {
  await using test = await startApi();
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16']) {
    const answer = await test.post(path, '{"prompt":"a"}', { 'content-type': type });
    expect(answer.status, type).toBe(415);
    expect(answer.body.code).toBe('unsupported-media-type');
  }
  const zipped = await test.post(path, gzipSync('{"prompt":"a"}'), { 'content-encoding': 'gzip' });
  expect(zipped.status).toBe(415);
  expect(zipped.headers.get('accept-encoding')).toBe('identity');
  expect(test.store.calls).toEqual([]);
});

it('answers 400 when there is no body at all', async () => {
  await using test = await startApi();
  expect((await test.send('POST', path)).status).toBe(400);
});

it.each(['null', '[]', '"text"', '1', 'true'])('answers 422 to %s, which is JSON but no request', async (body) => {
  await using test = await startApi();
  for (const route of [path, '/api/workflows/run', '/api/workflows/create', '/api/workflows/validate']) {
    const answer = await test.post(route, body);
    expect(answer.status, route).toBe(422);
    expect(issuesOf(answer.body)).toContain(' wrong-type');
  }
});

it('names every mistake of body and text at once', async () => {
  await using test = await startApi();
  const body = '{"prompt":"a\\u0000b","temperature":9,"surname":1,"maxTokens":"many","a/b":"\\ud800"}';
  const answer = await test.post(path, body);
  expect(answer.status).toBe(422);
  expect(issuesOf(answer.body)).toEqual([
    '/a~1b invalid-text',
    '/a~1b unknown-field',
    '/maxTokens wrong-type',
    '/prompt invalid-text',
    '/surname unknown-field',
    '/temperature out-of-range',
  ]);
});

it('refuses deep nesting and __proto__, and pollutes nothing', async () => {
  await using test = await startApi();
  const deep = `{"workflow":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`;
  expect(issuesOf((await test.post('/api/workflows/run', deep)).body)).toEqual([`/workflow${'/a'.repeat(31)} too-deep`]);
  for (const body of ['{"prompt":"a","__proto__":{"polluted":1}}', '{"__proto__":null}', '{"\\u005f_proto__":1}']) {
    const answer = await test.post(path, body);
    expect(issuesOf(answer.body)).toEqual(['/__proto__ forbidden-field']);
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

it('lists at most 200 mistakes', async () => {
  await using test = await startApi();
  const body = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x${index}`, 1]));
  const answer = await test.post(path, body);
  expect(answer.body.errors).toHaveLength(200);
  expect(answer.body.detail).toContain('301 in all');
});
