import type { PlacedEvent } from '@orchestrator/contracts';
import { expect, it, vi } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { settle } from '../testing/manual-clock.ts';
import { type ReadStream, readStream } from '../testing/read-stream.ts';
import { placed } from '../testing/run-history.ts';
import { completed, issuesOf, replyTo, startApi, type TestApi } from '../testing/start-api.ts';

const path = '/api/ai/stream';
const accepted = placed(0, 1, 'run-accepted', { kind: 'generate', workflowName: 'generate' });
const rest = [
  placed(1, 2, 'run-started'),
  placed(1, 3, 'step-started', { path: 'generate', action: 'generate' }),
  placed(1, 4),
  placed(1, 5, 'step-completed', { path: 'generate', costNanoUsd: 1_000, attempts: 1 }),
  placed(1, 6, 'run-completed', { degraded: false }),
];

const post = (test: TestApi, body: object, headers: Record<string, string> = {}): Promise<ReadStream> =>
  readStream(`${test.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const until = (holds: () => boolean) => vi.waitUntil(holds, { interval: 1, timeout: 5_000 });
const idOf = (test: TestApi) => test.store.accepted.at(-1)?.id ?? '';

function tell(test: TestApi, runId: string, events: readonly PlacedEvent[]): void {
  const runs = [{ runId, epoch: 1, events: events.map(({ epoch: _, ...event }) => event) }];
  test.queue.deliver(replyTo, { type: 'run-events', runs });
}

/** What the worker stores and tells. */
function finish(test: TestApi, runId: string): void {
  test.store.events.set(runId, [accepted, ...rest]);
  test.store.patch(runId, completed);
  tell(test, runId, rest);
}

it('accepts a live run, wakes a worker, and sends what it tells without a look at the store', async () => {
  await using test = await startApi();
  const stream = await post(test, { prompt: 'Hi', live: false, priority: 'high', userId: 'u' });
  const id = idOf(test);
  expect(stream.response.status).toBe(200);
  expect(Object.fromEntries(stream.response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    location: `/api/jobs/${id}`,
    'x-job-id': id,
  });
  expect(stream.response.headers.has('idempotency-replayed')).toBe(false);
  expect(test.store.accepted).toMatchObject([
    { kind: 'generate', live: true, replyTo, priority: 'high', userId: 'u', input: { prompt: 'Hi' } },
  ]);
  expect(test.queue.wakes).toMatchObject([{ runId: id, kind: 'generate', priority: 'high' }]);
  finish(test, id);
  await until(() => stream.state === 'ended');
  expect(stream.ids).toEqual(['0-1', '1-2', '1-3', '1-4', '1-5', '1-6']);
  expect(stream.events[0]).toMatchObject({ type: 'run-accepted', kind: 'generate', workflowName: 'generate' });
  expect(stream.events.at(-1)).toMatchObject({
    type: 'run-completed',
    result: { success: true, requestId: id, content: 'Hello.' },
  });
  expect(test.store.calls).not.toContain('readEvents');
  expect(test.queue.published).toEqual([]);
});

it('works while the queue is down', async () => {
  await using test = await startApi();
  test.queue.failure = new Error('down');
  const stream = await post(test, { prompt: 'Hi' });
  test.store.events.set(idOf(test), [accepted, ...rest]);
  test.store.patch(idOf(test), completed);
  await test.clock.advance(1_000);
  await until(() => stream.state === 'ended');
  expect(stream.ids).toHaveLength(6);
});

it.each<[string, object, string[]]>([
  ['a body that breaks rules', { maxTokens: 'many', temprature: 1 }, ['/maxTokens wrong-type', '/temprature unknown-field']],
  ['an unknown provider', { prompt: 'Hi', provider: 'opnai' }, ['/provider unknown-provider']],
])('refuses %s like generate, and accepts nothing', async (_, body, issues) => {
  await using test = await startApi();
  const answer = await test.post(path, body);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
  expect(issuesOf(answer.body)).toEqual(expect.arrayContaining(issues));
  expect(issuesOf(answer.body)).toEqual(issuesOf((await test.post('/api/ai/generate', body)).body));
  expect(test.store.accepted).toEqual([]);
  expect(test.api.metrics().streams).toMatchObject({ open: 0, runs: 0 });
});

it('answers 503 when the run can not be stored, and follows nothing', async () => {
  await using test = await startApi();
  test.store.failure = storeDown;
  const answer = await test.post(path, { prompt: 'Hi' });
  expect([answer.status, answer.body.code, answer.body.retryable]).toEqual([503, 'store-unavailable', true]);
  expect(test.api.metrics().streams.runs).toBe(0);
});

it('lets a repetition with the same key follow the same job, from its start', async () => {
  await using test = await startApi();
  const key = { 'idempotency-key': 'once' };
  const first = await post(test, { prompt: 'Hi', maxTokens: 5 }, key);
  const id = idOf(test);
  test.store.events.set(id, [accepted]);
  const again = await post(test, { maxTokens: 5, prompt: 'Hi' }, key);
  await until(() => again.ids.length === 1);
  expect(test.store.accepted).toHaveLength(1);
  expect(test.queue.wakes).toHaveLength(1);
  expect(again.response.headers.get('idempotency-replayed')).toBe('true');
  expect(again.response.headers.get('x-job-id')).toBe(id);
  finish(test, id);
  await until(() => first.state === 'ended' && again.state === 'ended');
  expect(again.events).toEqual(first.events);
  const late = await post(test, { prompt: 'Hi', maxTokens: 5 }, key);
  await until(() => late.state === 'ended');
  expect(late.ids).toEqual(first.ids);
  expect(test.api.metrics().streams).toMatchObject({ open: 0, runs: 0 });
});

it('refuses a key that belongs to another body or path', async () => {
  await using test = await startApi();
  const key = { 'idempotency-key': 'once' };
  const stream = await post(test, { prompt: 'Hi' }, key);
  const others = [await test.post(path, { prompt: 'Ho' }, key), await test.post('/api/ai/generate', { prompt: 'Hi' }, key)];
  for (const answer of others) expect([answer.status, answer.body.code]).toEqual([422, 'idempotency-key-reused']);
  expect(test.store.accepted).toHaveLength(1);
  expect(test.api.metrics().streams).toMatchObject({ open: 1, runs: 1 });
  stream.leave();
});

it('cancels nothing when the client leaves, and is resumed at the events of the job', async () => {
  await using test = await startApi();
  const stream = await post(test, { prompt: 'Hi' });
  const id = idOf(test);
  tell(test, id, rest.slice(0, 2));
  await until(() => stream.ids.length === 3);
  stream.leave();
  await until(() => test.api.metrics().streams.open === 0);
  expect(test.api.metrics().streams).toMatchObject({ runs: 0, readers: 0 });
  expect(test.store.calls).not.toContain('requestCancel');
  finish(test, id);
  const resumed = await readStream(`${test.url}/api/jobs/${id}/events`, {
    headers: { 'last-event-id': stream.ids.at(-1) ?? '' },
  });
  await until(() => resumed.state === 'ended');
  expect(resumed.ids).toEqual(['1-4', '1-5', '1-6']);
});

it('forgets the run of a client that left before it was accepted', async () => {
  await using test = await startApi();
  const controller = new AbortController();
  test.store.onAccepted = () => controller.abort();
  const body = JSON.stringify({ prompt: 'Hi' });
  const headers = { 'content-type': 'application/json' };
  await expect(fetch(`${test.url}${path}`, { method: 'POST', headers, body, signal: controller.signal })).rejects.toThrow();
  await settle();
  expect(test.store.accepted).toHaveLength(1);
  await test.clock.advance(31_000);
  expect(test.api.metrics().streams).toMatchObject({ open: 0, runs: 0 });
  expect(test.store.calls).not.toContain('requestCancel');
});
