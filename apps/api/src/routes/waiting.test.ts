import { expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { settle } from '../testing/manual-clock.ts';
import { completed, replyTo, startApi, type TestApi } from '../testing/start-api.ts';

const path = '/api/ai/generate';
const body = { prompt: 'Hi' };

/** Sends a request and returns once its run is accepted and its caller waits. */
async function submit(test: TestApi, headers: Record<string, string> = {}, signal?: AbortSignal) {
  const accepted = test.nextAccepted();
  const answer = test.send('POST', path, { body, headers, ...(signal === undefined ? {} : { signal }) });
  const { id: runId } = await accepted;
  await settle();
  // The answer is wrapped: returning a bare promise from an async function would wait for it.
  return { runId, answer: () => answer };
}

it('finds the result by polling when the message is lost', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test);
  test.store.patch(runId, completed);
  await test.clock.advance(1_000);
  expect((await answer()).status).toBe(200);
});

it('polls all waiting runs with one read a second, and not at all when nobody waits', async () => {
  await using test = await startApi();
  const waiting = [await submit(test), await submit(test), await submit(test)];
  const ids = waiting.map((each) => each.runId);
  expect(test.store.reads).toEqual([]);
  await test.clock.advance(3_000);
  expect(test.store.reads).toEqual([ids, ids, ids]);
  for (const runId of ids) test.store.patch(runId, completed);
  await test.clock.advance(1_000);
  for (const each of waiting) expect((await each.answer()).status).toBe(200);
  await test.clock.advance(10_000);
  expect(test.store.reads).toHaveLength(4);
  expect(test.clock.timers).toBe(0);
});

it('keeps waiting through an outage of the store', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test);
  test.store.failure = storeDown;
  test.queue.deliver(replyTo, { type: 'runs-finished', runIds: [runId] });
  await test.clock.advance(5_000);
  test.store.failure = null;
  test.store.patch(runId, completed);
  await test.clock.advance(1_000);
  expect((await answer()).status).toBe(200);
});

it('reads only runs that somebody waits for', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test);
  const stranger = '0190a000-0000-7000-8000-000000000000';
  test.store.patch(runId, completed);
  test.queue.deliver(replyTo, { type: 'runs-finished', runIds: [stranger, runId] });
  expect((await answer()).status).toBe(200);
  expect(test.store.reads).toEqual([[runId]]);
  test.queue.deliver(replyTo, { type: 'runs-finished', runIds: [stranger] });
  test.queue.deliver(replyTo, { type: 'cancel-requested', runIds: [stranger] });
  await settle();
  expect(test.store.reads).toHaveLength(1);
});

it('takes a message that comes before the run is known to be accepted', async () => {
  await using test = await startApi();
  test.store.onAccepted = (run) => test.finish(run.id, completed);
  expect((await test.post(path, body)).status).toBe(200);
});

it('is not fooled by a message about a run that is not finished', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test);
  test.finish(runId, { status: 'running' });
  await settle();
  expect(test.api.metrics().waitingCallers).toBe(1);
  test.finish(runId, completed);
  expect((await answer()).status).toBe(200);
});

it('answers 202 with the state of the run when the wait is over', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test);
  test.store.patch(runId, { status: 'running' });
  await test.clock.advance(30_000);
  const late = await answer();
  expect(late.status).toBe(202);
  expect(late.headers.get('location')).toBe(`/api/jobs/${runId}`);
  expect(late.headers.get('preference-applied')).toBeNull();
  expect(late.body).toEqual({ success: false, requestId: runId, jobId: runId, status: 'running' });
});

it('honours wait=N, up to 5 minutes, and ignores malformed preferences', async () => {
  await using test = await startApi();
  const short = await submit(test, { prefer: 'wait=2' });
  await test.clock.advance(2_000);
  const shortAnswer = await short.answer();
  expect([shortAnswer.status, shortAnswer.headers.get('preference-applied')]).toEqual([202, 'wait=2']);

  const long = await submit(test, { prefer: 'respond-async, wait=9999' });
  await test.clock.advance(299_000);
  expect(test.api.metrics().waitingCallers).toBe(1);
  await test.clock.advance(1_000);
  const longAnswer = await long.answer();
  expect([longAnswer.status, longAnswer.headers.get('preference-applied')]).toEqual([202, 'respond-async, wait=300']);

  const malformed = await submit(test, { prefer: 'wait=soon, =, "' });
  await test.clock.advance(29_000);
  expect(test.api.metrics().waitingCallers).toBe(1);
  test.finish(malformed.runId, completed);
  expect((await malformed.answer()).status).toBe(200);

  const none = await test.post(path, body, { prefer: 'wait=0' });
  expect([none.status, none.headers.get('preference-applied')]).toEqual([202, 'wait=0']);
});

it('says that the answer depends on the preferences, and ignores those that it does not know', async () => {
  await using test = await startApi();
  const preferences = 'handling=strict, return=minimal';
  test.finishRuns(completed);
  const workflow = { name: 'w', steps: [{ id: 'a', action: 'noop' }] };
  const answers = [
    await test.post(path, body, { prefer: preferences }),
    await test.post(path, body, { prefer: `respond-async, ${preferences}` }),
    await test.post('/api/workflows/run', { workflow }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 202, 200]);
  expect(answers.map(({ headers }) => headers.get('preference-applied'))).toEqual([null, 'respond-async', null]);
  for (const { headers } of answers) expect(headers.get('vary')).toBe('Prefer');
});

it('answers 202 when the store dies after the run was accepted', async () => {
  await using test = await startApi();
  const { runId, answer } = await submit(test, { prefer: 'wait=5' });
  test.store.failure = storeDown;
  await test.clock.advance(5_000);
  const late = await answer();
  expect([late.status, late.body.status, late.headers.get('location')]).toEqual([202, 'queued', `/api/jobs/${runId}`]);
});

it('drops the waiter when the client leaves; the run goes on', async () => {
  await using test = await startApi();
  const controller = new AbortController();
  const { runId, answer } = await submit(test, {}, controller.signal);
  const failed = answer().catch((error: Error) => error.name);
  expect(test.api.metrics().waitingCallers).toBe(1);
  controller.abort();
  expect(await failed).toBe('AbortError');
  while (test.api.metrics().waitingCallers > 0) await settle();
  test.finish(runId, completed);
  await settle();
  expect(test.store.reads).toEqual([]);
  expect((await test.get(`/api/jobs/${runId}`)).body.status).toBe('completed');
  expect(test.api.metrics().requests).toMatchObject({ 'POST /api/ai/generate 499': 1 });
});

it('listens on its own topic until it is closed', async () => {
  await using test = await startApi();
  expect(test.queue.topics).toEqual(new Set([replyTo, 'circuits']));
  await test.api.close();
  expect(test.queue.topics).toEqual(new Set());
});

it('answers waiting callers with 202 when the process stops, and turns new requests away', async () => {
  await using test = await startApi();
  const { answer } = await submit(test);
  await test.api.close();
  const released = await answer();
  expect(released.status).toBe(202);
  expect(released.headers.get('connection')).toBe('close');
  const refused = await test.post(path, body);
  expect([refused.status, refused.body.code, refused.body.retryable]).toEqual([503, 'shutting-down', true]);
  expect(refused.headers.get('retry-after')).toBe('1');
});
