import type { StepError } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { completed, generateStep, replyTo, startApi } from '../testing/start-api.ts';

const path = '/api/ai/generate';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('waits for the result and answers with it', async () => {
  await using test = await startApi();
  test.finishRuns(completed);
  const answer = await test.post(path, {
    prompt: 'Explain quantum computing',
    systemPrompt: 'You are a helpful physics teacher',
    temperature: 0.7,
    maxTokens: 500,
    provider: 'sandbox',
    userId: 'user-123',
    priority: 'normal',
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    success: true,
    requestId: expect.stringMatching(uuid),
    content: 'Hello.',
    usage: { promptTokens: 10, completionTokens: 50, totalTokens: 60 },
    costUSD: 0.0024,
    latencyMs: 850,
    provider: 'sandbox',
    model: 'sandbox-1',
  });
  expect(test.api.metrics().waitingCallers).toBe(0);
});

it('accepts the run with all it needs, then wakes a worker', async () => {
  await using test = await startApi();
  test.finishRuns(completed);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const body = { prompt: 'Hi', model: 'm', userId: 'u', priority: 'high', maxCostUSD: 0.0000015, timeoutMs: 60_000 };
  const answer = await test.post(path, body, { traceparent, 'x-request-id': 'r-1' });
  const id = answer.body.requestId;
  expect(test.store.accepted).toEqual([
    {
      id,
      kind: 'generate',
      tenantId: 'default',
      userId: 'u',
      requestId: 'r-1',
      workflowName: 'generate',
      input: { prompt: 'Hi', model: 'm' },
      priority: 'high',
      maxCostNanoUsd: 1_500,
      timeoutMs: 60_000,
      live: false,
      replyTo,
      traceparent,
    },
  ]);
  expect(test.queue.wakes).toEqual([{ runId: id, kind: 'generate', epoch: 0, wakeNo: 1, priority: 'high' }]);
});

it('fills in defaults and ignores a malformed traceparent', async () => {
  await using test = await startApi();
  test.finishRuns(completed);
  await test.post(path, { prompt: 'Hi' }, { traceparent: '00-0000-1' });
  expect(test.store.accepted[0]).toMatchObject({ priority: 'normal', timeoutMs: 300_000 });
  expect(Object.keys(test.store.accepted[0] ?? {})).not.toContain('traceparent');
});

it.each<[StepError['name'], number]>([
  ['Budget.Exceeded', 402],
  ['Provider.RateLimited', 429],
  ['Provider.InvalidRequest', 422],
  ['Provider.ContextLength', 422],
  ['Provider.ContentFiltered', 422],
  ['Provider.Auth', 502],
  ['Provider.Overloaded', 502],
  ['Provider.Timeout', 504],
  ['Step.Timeout', 504],
  ['Run.Timeout', 504],
  ['Worker.Lost', 502],
  ['Custom.Anything', 502],
])('answers a run that failed with %s by %i', async (name, status) => {
  await using test = await startApi();
  const error: StepError = {
    name,
    message: 'it broke',
    retryable: status >= 500 || status === 429,
    retryAfterMs: 1_200,
    attempt: 1,
  };
  test.finishRuns({ status: 'failed', error, steps: [generateStep({ status: 'failed', error })] });
  const answer = await test.post(path, { prompt: 'Hi' });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(answer.body).toEqual({
    type: 'urn:problem-type:orchestrator:run-failed',
    title: 'The run failed',
    status,
    detail: 'it broke',
    code: 'run-failed',
    requestId: answer.headers.get('x-request-id'),
    retryable: error.retryable,
    jobId: test.store.accepted[0]?.id,
    error,
  });
});

it('answers 409 to a cancelled run and always says when a rate limit may be over', async () => {
  await using test = await startApi();
  test.finishRuns({ status: 'cancelled' });
  const cancelled = await test.post(path, { prompt: 'Hi' });
  expect(cancelled.status).toBe(409);
  expect(cancelled.body.error.name).toBe('Run.Cancelled');
  expect(cancelled.headers.get('retry-after')).toBeNull();
  test.finishRuns({ status: 'failed', error: { name: 'Provider.RateLimited', message: 'slow down', retryable: true } });
  expect((await test.post(path, { prompt: 'Hi' })).headers.get('retry-after')).toBe('1');
});

it('answers 202 at once when asked to', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { prompt: 'Hi' }, { prefer: 'respond-async' });
  const id = test.store.accepted[0]?.id;
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/api/jobs/${id}`);
  expect(answer.headers.get('preference-applied')).toBe('respond-async');
  expect(answer.body).toEqual({ success: false, requestId: id, jobId: id, status: 'queued' });
  expect(test.store.accepted[0]?.replyTo).toBeUndefined();
});

it('answers 503 with Retry-After while the store is down, and stores nothing', async () => {
  await using test = await startApi();
  test.store.failure = storeDown;
  const answer = await test.post(path, { prompt: 'Hi' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('3');
  expect(answer.body).toMatchObject({ code: 'store-unavailable', retryable: true, detail: 'The database does not answer.' });
  expect(test.store.accepted).toEqual([]);
  expect(test.queue.wakes).toEqual([]);
  expect(test.api.metrics().waitingCallers).toBe(0);
});

it('accepts while the queue is down: the reconciler finds the run', async () => {
  await using test = await startApi();
  test.queue.failure = new Error('down');
  const answer = await test.post(path, { prompt: 'Hi' }, { prefer: 'respond-async' });
  expect(answer.status).toBe(202);
  expect(test.log.filter((line) => line.level === 'warn').map((line) => line.sentence)).toContain(
    'wake-up not sent, the reconciler will find the run',
  );
});
