import type { AnsweredRequest, RequestFacts, RequestTracing } from '@orchestrator/telemetry';
import { describe, expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { completed, startApi } from '../testing/start-api.ts';

const clientTraceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const requestTraceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01';
const submitTraceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-2222222222222222-01';

/** Records what is told; spans have fixed ids. */
function recordTracing() {
  const started: RequestFacts[] = [];
  const told: unknown[] = [];
  const tracing: RequestTracing = {
    startRequest(facts) {
      started.push(facts);
      return { traceparent: requestTraceparent, end: (end) => told.push(end) };
    },
    startSubmit(facts) {
      told.push(facts);
      return {
        traceparent: submitTraceparent,
        accepted: (status, runId) => told.push({ status, runId }),
        failed: () => told.push('failed'),
      };
    },
  };
  return { started, told, tracing };
}

describe('a traced request', () => {
  it('has the client’s headers, the run it submits under it, and an end', async () => {
    const { started, told, tracing } = recordTracing();
    await using test = await startApi({ tracing });
    test.finishRuns(completed);
    const headers = { traceparent: clientTraceparent, tracestate: 'a=1', 'x-request-id': 'r-1', 'user-agent': 'test/1' };
    const answer = await test.post('/api/ai/generate', { prompt: 'Hi' }, headers);
    expect(answer.headers.get('traceparent')).toBe(requestTraceparent);
    expect(started).toEqual([
      {
        requestId: 'r-1',
        method: 'POST',
        path: '/api/ai/generate',
        httpVersion: '1.1',
        userAgent: 'test/1',
        traceparent: clientTraceparent,
        tracestate: 'a=1',
      },
    ]);
    const runId = answer.body.requestId;
    expect(test.store.accepted[0]).toMatchObject({ id: runId, traceparent: submitTraceparent });
    await expect
      .poll(() => told)
      .toEqual([
        { runId, kind: 'generate', workflowName: 'generate', traceparent: requestTraceparent },
        { status: 'accepted', runId },
        { route: '/api/ai/generate', status: 200, isGone: false },
      ]);
  });

  it('tells of a run that could not be accepted', async () => {
    const { told, tracing } = recordTracing();
    await using test = await startApi({ tracing });
    test.store.failure = storeDown;
    expect((await test.post('/api/ai/generate', { prompt: 'Hi' })).status).toBe(503);
    await expect.poll(() => told.slice(1)).toEqual(['failed', { route: '/api/ai/generate', status: 503, isGone: false }]);
  });

  it('has no route when none takes it', async () => {
    const { told, tracing } = recordTracing();
    await using test = await startApi({ tracing });
    await test.get('/nowhere?token=secret');
    await expect.poll(() => told).toEqual([{ route: undefined, status: 404, isGone: false }]);
  });

  it('is none of the probes', async () => {
    const { started, tracing } = recordTracing();
    await using test = await startApi({ tracing });
    for (const path of ['/livez', '/readyz']) expect((await test.get(path)).headers.has('traceparent')).toBe(false);
    expect(started).toEqual([]);
  });

  it('tells when the client leaves', async () => {
    const { told, tracing } = recordTracing();
    await using test = await startApi({ tracing });
    const leaving = new AbortController();
    const accepted = test.nextAccepted();
    const sent = test.send('POST', '/api/ai/generate', { body: { prompt: 'Hi' }, signal: leaving.signal });
    await accepted;
    leaving.abort();
    await expect(sent).rejects.toThrow();
    await expect.poll(() => told.at(-1)).toEqual({ route: '/api/ai/generate', status: 499, isGone: true });
  });
});

describe('a request without tracing', () => {
  it.each([
    ['as it is', clientTraceparent, clientTraceparent],
    ['in the version that is spoken here', `cc${clientTraceparent.slice(2)}-more`, clientTraceparent],
  ])('hands the client’s trace on %s', async (_, sent, stored) => {
    await using test = await startApi();
    test.finishRuns(completed);
    const answer = await test.post('/api/ai/generate', { prompt: 'Hi' }, { traceparent: sent });
    expect(test.store.accepted[0]?.traceparent).toBe(stored);
    expect(answer.headers.has('traceparent')).toBe(false);
  });
});

it('tells of every answer, by the pattern of its path', async () => {
  const answered: AnsweredRequest[] = [];
  await using test = await startApi({ onAnswered: (request) => answered.push(request) });
  await test.get('/api/jobs/01a209c7-11ef-7291-9f75-d304257ab82c');
  await test.send('DELETE', '/api/jobs/01a209c7-11ef-7291-9f75-d304257ab82c');
  await test.get('/nowhere');
  await expect
    .poll(() => answered)
    .toEqual([
      { method: 'GET', route: '/api/jobs/:id', status: 404, durationMs: 0 },
      { method: 'DELETE', route: '/api/jobs/:id', status: 405, durationMs: 0 },
      { method: 'GET', route: 'unmatched', status: 404, durationMs: 0 },
    ]);
});
