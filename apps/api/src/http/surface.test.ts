import { expect, it } from 'vitest';
import { rawExchange } from '../testing/raw-http.ts';
import { issuesOf, portOf, startApi } from '../testing/start-api.ts';

it('answers 404 to unknown paths', async () => {
  await using test = await startApi();
  for (const path of ['/', '/api', '/api/ai', '/API/ai/generate', '/api/jobs/a/b', '/api/jobs/%FF', '/favicon.ico']) {
    const answer = await test.get(path);
    expect(answer.status, path).toBe(404);
    expect(answer.body).toMatchObject({ code: 'not-found', title: 'Not found', status: 404 });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  }
});

it('answers 405 with Allow to the wrong method', async () => {
  await using test = await startApi();
  const wrong: [string, string, string][] = [
    ['GET', '/api/ai/generate', 'POST'],
    ['HEAD', '/api/workflows/run', 'POST'],
    ['PUT', '/api/workflows/create', 'POST'],
    ['POST', '/api/workflows/list', 'GET, HEAD'],
    ['DELETE', '/api/jobs/0190a000-0000-7000-8000-000000000000', 'GET, HEAD'],
    ['GET', '/api/jobs/0190a000-0000-7000-8000-000000000000/cancel', 'POST'],
    ['PATCH', '/readyz', 'GET, HEAD'],
  ];
  for (const [method, path, allow] of wrong) {
    const answer = await test.send(method, path);
    expect(answer.status, `${method} ${path}`).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
  }
  const options = await test.send('OPTIONS', '/api/ai/generate');
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST']);
  expect((await test.send('HEAD', '/livez')).status).toBe(200);
});

it('refuses query parameters it does not know', async () => {
  await using test = await startApi();
  const id = '0190a000-0000-7000-8000-000000000000';
  const wrong: [string, string, string[]][] = [
    ['GET', `/api/jobs/${id}?verbose=1&x=2`, ['/verbose unknown-parameter', '/x unknown-parameter']],
    ['POST', '/api/ai/generate?a/b=1', ['/a~1b unknown-parameter']],
    ['GET', '/api/workflows/list?limit=0&foo=1', ['/foo unknown-parameter', '/limit out-of-range']],
    ['GET', '/api/workflows/runs?limit=501', ['/limit out-of-range']],
    ['GET', '/api/workflows/runs?limit=1&limit=2', ['/limit wrong-type']],
    [
      'GET',
      '/api/workflows/runs?limit=x&workflowId=1&userId=',
      ['/limit wrong-type', '/userId out-of-range', '/workflowId wrong-format'],
    ],
    ['GET', '/api/workflows/runs?userId=a%00b', ['/userId invalid-text']],
    ['GET', '/api/workflows/runs?userId[x]=a', ['/userId[x] unknown-parameter']],
    ['GET', '/api/workflows/runs?__proto__=a', ['/__proto__ forbidden-field', '/__proto__ unknown-parameter']],
  ];
  for (const [method, path, issues] of wrong) {
    const answer = await test.send(method, path, method === 'POST' ? { body: { prompt: 'a' } } : {});
    expect(answer.status, path).toBe(422);
    expect(issuesOf(answer.body), path).toEqual(issues);
  }
  expect(test.store.calls).toEqual([]);
  expect((await test.get('/livez?probe=1')).status).toBe(200);
});

it('keeps a harmless X-Request-Id and replaces others', async () => {
  await using test = await startApi();
  expect((await test.get('/livez', { 'x-request-id': 'abc-1.2:3/4=' })).headers.get('x-request-id')).toBe('abc-1.2:3/4=');
  for (const bad of ['a b', 'x'.repeat(129), '<script>', '']) {
    expect((await test.get('/livez', { 'x-request-id': bad })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
  const missing = await test.get('/nothing', { 'x-request-id': 'mine' });
  expect(missing.body.requestId).toBe('mine');
});

it('has an X-Request-Id in every answer, whatever became of the request', async () => {
  await using test = await startApi();
  const body = { prompt: 'Hi' };
  const answers = [
    await test.get('/livez'),
    await test.get('/nothing'),
    await test.get('/api/jobs/%FF'),
    await test.send('PUT', '/api/ai/generate'),
    await test.send('OPTIONS', '/api/ai/generate'),
    await test.send('HEAD', '/api/jobs'),
    await test.post('/api/ai/generate', body, { prefer: 'respond-async' }),
    await test.post('/api/ai/generate', '{'),
    await test.post('/api/ai/generate', { prompt: 'x'.repeat(300_000) }),
    await test.post('/api/ai/generate', body, { 'content-type': 'text/plain' }),
    await test.post('/api/ai/generate', {}),
    await test.post('/api/ai/generate', body, { origin: 'https://evil.example' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 405, 204, 200, 202, 400, 413, 415, 422, 403]);
  for (const { status, headers, body: answered } of answers) {
    expect(headers.get('x-request-id'), String(status)).toMatch(/^[0-9a-f-]{36}$/);
    if (status >= 400) expect(answered.requestId).toBe(headers.get('x-request-id'));
  }
  const job = `${test.url}/api/jobs/${test.store.accepted[0]?.id}`;
  const known = { 'if-none-match': '*', 'x-request-id': 'unchanged' };
  expect((await fetch(job, { headers: known })).headers.get('x-request-id')).toBe('unchanged');
  const stream = await fetch(`${job}/events`, { headers: { 'x-request-id': 'stream' } });
  expect([stream.headers.get('content-type'), stream.headers.get('x-request-id')]).toEqual(['text/event-stream', 'stream']);
  await stream.body?.cancel();
});

it('sends security headers, no caching, and not its name', async () => {
  await using test = await startApi();
  for (const path of ['/livez', '/nothing']) {
    const { headers } = await test.get(path);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('etag')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
});

it('closes a connection whose headers are too large or malformed', async () => {
  await using test = await startApi();
  const port = portOf(test);
  const huge = `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`;
  expect(await rawExchange(port, [huge], () => false)).toMatch(/^HTTP\/1\.1 431 /);
  expect(await rawExchange(port, ['nonsense\r\n\r\n'], () => false)).toMatch(/^HTTP\/1\.1 400 /);
  const smuggle =
    'POST /api/ai/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  expect(await rawExchange(port, [smuggle], () => false)).toMatch(/^HTTP\/1\.1 400 /);
});

it('hides the message of a defect and logs it', async () => {
  const secret = 'postgres://user:password@host';
  await using test = await startApi();
  test.store.failure = new TypeError(secret);
  const answer = await test.get('/api/workflows/list');
  expect(answer.status).toBe(500);
  expect(answer.body).toMatchObject({ code: 'internal', type: 'urn:problem-type:orchestrator:internal', retryable: false });
  expect(JSON.stringify(answer.body)).not.toContain('password');
  expect(test.log.filter((line) => line.level === 'error')).toHaveLength(1);
});

it('counts requests by route and status', async () => {
  await using test = await startApi();
  await test.get('/livez');
  await test.get('/api/jobs/nope');
  await test.get('/nothing');
  await test.send('PUT', '/livez');
  expect(test.api.metrics()).toEqual({
    requests: { 'GET /livez 200': 1, 'GET /api/jobs/:id 404': 1, 'unmatched 404': 1, '* /livez 405': 1 },
    waitingCallers: 0,
    streams: { open: 0, sent: 0, stalled: 0, runs: 0, readers: 0 },
  });
});
