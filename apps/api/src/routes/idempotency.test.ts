import { expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { settle } from '../testing/manual-clock.ts';
import { completed, issuesOf, startApi } from '../testing/start-api.ts';

const path = '/api/ai/generate';
const key = { 'idempotency-key': 'order 66!' };

it('answers the same run to the same request, marked as a replay', async () => {
  await using test = await startApi();
  test.finishRuns(completed);
  const first = await test.post(path, { prompt: 'Hi', maxTokens: 5 }, key);
  const again = await test.post(path, `{ "maxTokens": 5.0, "prompt": "H\\u0069" }`, key);
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(test.store.accepted).toHaveLength(1);
  expect(test.store.accepted[0]).toMatchObject({
    idempotencyKey: 'order 66!',
    requestSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(test.queue.wakes).toHaveLength(1);
});

it('lets the repetition wait for the same run', async () => {
  await using test = await startApi();
  const accepted = test.nextAccepted();
  const first = test.post(path, { prompt: 'Hi' }, key);
  const { id } = await accepted;
  const again = test.post(path, { prompt: 'Hi' }, key);
  while (test.api.metrics().waitingCallers < 2 || test.store.reads.length === 0) await settle();
  test.finish(id, completed);
  expect((await first).status).toBe(200);
  expect((await again).body.requestId).toBe(id);
});

it('replays the state of an unfinished run and the problem of a failed one', async () => {
  await using test = await startApi();
  const later = { ...key, prefer: 'respond-async' };
  await test.post(path, { prompt: 'Hi' }, later);
  const id = test.store.accepted[0]?.id ?? '';
  test.store.patch(id, { status: 'running' });
  const running = await test.post(path, { prompt: 'Hi' }, later);
  expect([running.status, running.body.status, running.headers.get('idempotency-replayed')]).toEqual([202, 'running', 'true']);
  test.store.patch(id, { status: 'failed', error: { name: 'Provider.Auth', message: 'no key', retryable: false } });
  const failed = await test.post(path, { prompt: 'Hi' }, later);
  expect([failed.status, failed.body.jobId, failed.headers.get('idempotency-replayed')]).toEqual([502, id, 'true']);
});

it('answers 202 to a repetition when the store fails after the check of the key', async () => {
  await using test = await startApi();
  const later = { ...key, prefer: 'respond-async' };
  await test.post(path, { prompt: 'Hi' }, later);
  test.store.failure = storeDown;
  test.store.failing = new Set(['getRuns']);
  const again = await test.post(path, { prompt: 'Hi' }, later);
  expect([again.status, again.body.requestId]).toEqual([202, test.store.accepted[0]?.id]);
});

it('answers 422 when the key belongs to another body or path', async () => {
  await using test = await startApi();
  const later = { ...key, prefer: 'respond-async' };
  await test.post(path, { prompt: 'Hi' }, later);
  const workflow = { name: 'w', steps: [{ id: 'a', action: 'noop' }] };
  const others = [await test.post(path, { prompt: 'Ho' }, key), await test.post('/api/workflows/run', { workflow }, later)];
  for (const answer of others) {
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: 'idempotency-key-reused', retryable: false });
  }
  expect(test.store.accepted).toHaveLength(1);
  expect(test.api.metrics().waitingCallers).toBe(0);
});

it('takes any 1 to 255 printable ASCII characters as key and nothing else', async () => {
  await using test = await startApi();
  for (const bad of ['', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
    const answer = await test.post(path, { prompt: 'Hi' }, { 'idempotency-key': bad });
    expect(answer.status, bad).toBe(422);
    expect(issuesOf(answer.body)).toEqual([' invalid-idempotency-key']);
  }
  const longest = { 'idempotency-key': `"${'~'.repeat(253)}"`, prefer: 'respond-async' };
  expect((await test.post(path, { prompt: 'Hi' }, longest)).status).toBe(202);
});
