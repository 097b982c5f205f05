import { describe, expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { completed, startApi, type TestApi } from '../testing/start-api.ts';

const unknownId = '0190a000-0000-7000-8000-000000000000';
const workflow = { name: 'w', maxCostUSD: 0.25, steps: [{ id: 'a', action: 'noop' }] };

async function submit(test: TestApi, path: string, body: object): Promise<string> {
  await test.post(path, body, { prefer: 'respond-async', 'x-request-id': 'r-1' });
  return test.store.accepted.at(-1)?.id ?? '';
}

it('shows a workflow job in every state', async () => {
  await using test = await startApi();
  const id = await submit(test, '/api/workflows/run', { workflow, input: { a: 1 }, userId: 'u' });
  const acceptedAtMs = test.store.run(id).acceptedAtMs;
  const queued = await test.get(`/api/jobs/${id}`);
  expect(queued.status).toBe(200);
  expect(queued.body).toEqual({
    jobId: id,
    kind: 'workflow',
    success: false,
    runId: id,
    status: 'queued',
    degraded: false,
    steps: [],
    totalCostUSD: 0,
    totalLatencyMs: test.clock.nowMs() - acceptedAtMs,
    workflowName: 'w',
    workflowVersion: 1,
    userId: 'u',
    requestId: 'r-1',
    input: { a: 1 },
    cancelRequested: false,
    maxCostUSD: 0.25,
    reservedUSD: 0,
    acceptedAt: new Date(acceptedAtMs).toISOString(),
    links: { self: `/api/jobs/${id}`, events: `/api/jobs/${id}/events`, cancel: `/api/jobs/${id}/cancel` },
  });
  const waitingStep = {
    path: 'd',
    visit: 1,
    ordinal: 1,
    action: 'delay',
    status: 'waiting' as const,
    attempts: [],
    costNanoUsd: 0,
    latencyMs: 0,
    dueAtMs: 1_700_000_060_000,
  };
  test.store.patch(id, { status: 'waiting', startedAtMs: 1_700_000_000_500, reservedNanoUsd: 1, steps: [waitingStep] });
  const waiting = await test.get(`/api/jobs/${id.toUpperCase()}`);
  expect(waiting.body).toMatchObject({
    status: 'waiting',
    reservedUSD: 1e-9,
    startedAt: '2023-11-14T22:13:20.500Z',
    steps: [{ dueAt: '2023-11-14T22:14:20.000Z' }],
  });
  test.store.patch(id, completed);
  expect((await test.get(`/api/jobs/${id}`)).body).toMatchObject({
    success: true,
    output: 'Hello.',
    finishedAt: '2023-11-14T22:13:21.500Z',
  });
});

it("carries the synchronous call's body in a finished generate job", async () => {
  await using test = await startApi();
  const id = await submit(test, '/api/ai/generate', { prompt: 'Hi' });
  expect((await test.get(`/api/jobs/${id}`)).body).not.toHaveProperty('result');
  test.store.patch(id, completed);
  expect((await test.get(`/api/jobs/${id}`)).body).toMatchObject({
    kind: 'generate',
    result: { success: true, requestId: id, content: 'Hello.', costUSD: 0.0024 },
  });
});

it('answers 404 to jobs that do not exist, without asking the store about nonsense', async () => {
  await using test = await startApi();
  for (const id of ['1', 'x', "'; drop table", '0190a000-0000-7000-8000-00000000000', `${unknownId}0`, '%00']) {
    expect((await test.get(`/api/jobs/${encodeURIComponent(id)}`)).status, id).toBe(404);
    expect((await test.send('POST', `/api/jobs/${encodeURIComponent(id)}/cancel`)).status, id).toBe(404);
  }
  expect(test.store.calls).toEqual([]);
  expect((await test.get(`/api/jobs/${unknownId}`)).status).toBe(404);
  expect((await test.send('POST', `/api/jobs/${unknownId}/cancel`)).status).toBe(404);
});

it('cancels: tells the holder and wakes a worker; repeating it is fine', async () => {
  await using test = await startApi();
  const id = await submit(test, '/api/workflows/run', { workflow });
  test.queue.wakes.length = 0;
  const answer = await test.send('POST', `/api/jobs/${id}/cancel`);
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ jobId: id, status: 'queued', cancelRequested: true });
  expect(test.queue.published).toEqual([{ topic: 'control', message: { type: 'cancel-requested', runIds: [id] } }]);
  expect(test.queue.wakes).toEqual([{ runId: id, kind: 'workflow', epoch: 0, wakeNo: 2, priority: 'high' }]);
  expect((await test.post(`/api/jobs/${id}/cancel`, {})).status).toBe(202);
});

it('leaves a finished job alone', async () => {
  await using test = await startApi();
  const id = await submit(test, '/api/workflows/run', { workflow });
  test.store.patch(id, completed);
  const answer = await test.send('POST', `/api/jobs/${id}/cancel`);
  expect([answer.status, answer.body.status, answer.body.cancelRequested]).toEqual([200, 'completed', false]);
  expect(test.queue.published).toEqual([]);
});

it('cancels although the queue is down, but not when the store is', async () => {
  await using test = await startApi();
  const id = await submit(test, '/api/workflows/run', { workflow });
  test.queue.failure = new Error('down');
  expect((await test.send('POST', `/api/jobs/${id}/cancel`)).status).toBe(202);
  test.store.failure = storeDown;
  expect((await test.send('POST', `/api/jobs/${id}/cancel`)).status).toBe(503);
  expect((await test.get(`/api/jobs/${id}`)).status).toBe(503);
});

describe('a request for what the client has already', () => {
  const tagOf = (answer: { readonly headers: Headers }) => answer.headers.get('etag') ?? '';

  it('is answered 304 without the run being read, until the job changes', async () => {
    await using test = await startApi();
    const id = await submit(test, '/api/workflows/run', { workflow });
    const first = await test.get(`/api/jobs/${id}`);
    expect(tagOf(first)).toMatch(/^W\/"[^"]+"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    test.store.reads.length = 0;
    for (const method of ['GET', 'HEAD']) {
      const again = await test.send(method, `/api/jobs/${id}`, { headers: { 'if-none-match': `"other", ${tagOf(first)}` } });
      expect(again.status).toBe(304);
      expect(again.body).toBeUndefined();
      expect(tagOf(again)).toBe(tagOf(first));
      expect(again.headers.get('cache-control')).toBe('private, no-cache');
      expect(again.headers.get('content-type')).toBeNull();
    }
    expect(test.store.reads).toEqual([]);
    test.store.patch(id, { status: 'running' });
    const changed = await test.get(`/api/jobs/${id}`, { 'if-none-match': tagOf(first) });
    expect([changed.status, changed.body.status]).toEqual([200, 'running']);
    expect(tagOf(changed)).not.toBe(tagOf(first));
  });

  it('with a header that is malformed, is answered as without it', async () => {
    await using test = await startApi();
    const id = await submit(test, '/api/workflows/run', { workflow });
    const known = tagOf(await test.get(`/api/jobs/${id}`));
    test.store.calls.length = 0;
    for (const header of [known.slice(0, -1), `${known} x`, known.slice(2, -1)]) {
      expect((await test.get(`/api/jobs/${id}`, { 'if-none-match': header })).status, header).toBe(200);
    }
    expect(test.store.calls).toEqual(['getRuns', 'getRuns', 'getRuns']);
    expect((await test.get(`/api/jobs/${id}`, { 'if-none-match': '*' })).status).toBe(304);
    expect((await test.get(`/api/jobs/${unknownId}`, { 'if-none-match': '*' })).status).toBe(404);
  });

  it('has the headers of the whole answer with HEAD', async () => {
    await using test = await startApi();
    const id = await submit(test, '/api/workflows/run', { workflow });
    const get = await test.get(`/api/jobs/${id}`);
    const head = await test.send('HEAD', `/api/jobs/${id}`);
    expect([head.status, head.body, tagOf(head)]).toEqual([200, undefined, tagOf(get)]);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
  });
});

it('links to what belongs to the job', async () => {
  await using test = await startApi();
  const { body: saved } = await test.post('/api/workflows/create', { definition: workflow });
  const id = await submit(test, '/api/workflows/run', { workflowId: saved.workflowId, tags: ['b', 'a', 'b'] });
  test.store.patch(id, { status: 'waiting_approval' });
  const { body } = await test.get(`/api/jobs/${id}`);
  expect(body).toMatchObject({
    tags: ['b', 'a'],
    links: { workflow: `/api/workflows/${saved.workflowId}`, approvals: `/api/approvals?jobId=${id}` },
  });
});
