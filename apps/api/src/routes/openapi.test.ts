import { expect, it } from 'vitest';
import { routesOf } from '../app.ts';
import type { ApiContext } from '../context.ts';
import { describeApi } from '../openapi/describe-api.ts';
import { startApi } from '../testing/start-api.ts';

it('describes every route that has a description', async () => {
  await using test = await startApi();
  const answer = await test.get('/openapi.json');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(answer.body).toEqual(describeApi(routesOf({} as ApiContext)));
  expect(answer.body).toMatchObject({ openapi: '3.1.1', info: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/) } });
});

it('answers 304 to whoever has it', async () => {
  await using test = await startApi();
  const etag = (await test.get('/openapi.json')).headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]{43}"$/);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await test.get('/openapi.json', { 'if-none-match': known });
    expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([304, undefined, etag]);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  }
  expect((await test.get('/openapi.json', { 'if-none-match': '"other"' })).status).toBe(200);
});

it('answers HEAD without the body', async () => {
  await using test = await startApi();
  const whole = await test.get('/openapi.json');
  const answer = await test.send('HEAD', '/openapi.json');
  expect([answer.status, answer.body]).toEqual([200, undefined]);
  for (const name of ['etag', 'content-length']) expect(answer.headers.get(name)).toBe(whole.headers.get(name));
});
