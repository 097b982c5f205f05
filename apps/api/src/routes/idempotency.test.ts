import { describe, expect, it } from 'vitest';
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

it('turns a repetition away while the first caller waits, and gives it the result afterwards', async () => {
  await using test = await startApi();
  const accepted = test.nextAccepted();
  const first = test.post(path, { prompt: 'Hi' }, key);
  const { id } = await accepted;
  for (const prefer of ['wait=5', 'respond-async']) {
    const early = await test.post(path, { prompt: 'Hi' }, { ...key, prefer });
    expect(early.status).toBe(409);
    expect(early.body).toMatchObject({ code: 'idempotency-key-in-use', jobId: id, retryable: true });
    expect([early.headers.get('location'), early.headers.get('retry-after')]).toEqual([`/api/jobs/${id}`, '1']);
  }
  expect(test.store.accepted[0]).toMatchObject({ replyForMs: 6_000 });
  test.finish(id, completed);
  const answer = await first;
  const again = await test.post(path, { prompt: 'Hi' }, key);
  expect([answer.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true']);
  expect(again.body).toEqual(answer.body);
  expect(test.store.holds).toEqual([]);
});

it('lets a repetition wait for the run whose first caller has left', async () => {
  await using test = await startApi();
  const accepted = test.nextAccepted();
  const client = new AbortController();
  const first = test.send('POST', path, { body: { prompt: 'Hi' }, headers: key, signal: client.signal });
  const { id } = await accepted;
  client.abort();
  await expect(first).rejects.toThrow();
  await expect.poll(() => test.store.holds).toEqual([{ tenantId: 'default', runIds: [id] }]);
  const again = test.post(path, { prompt: 'Hi' }, key);
  await expect.poll(() => test.store.reads.length).toBe(1);
  test.finish(id, completed);
  expect((await again).body.requestId).toBe(id);
});

it('lets a repetition come as soon as the first caller was told to wait elsewhere, with or without the store', async () => {
  await using test = await startApi();
  for (const [name, failure] of [
    ['with', null],
    ['without', storeDown],
  ] as const) {
    const headers = { 'idempotency-key': name };
    test.store.failing = new Set(['holdReplies']);
    test.store.failure = failure;
    const accepted = test.nextAccepted();
    const first = test.post(path, { prompt: 'Hi' }, headers);
    const { id } = await accepted;
    await settle();
    test.finish(id, { status: 'waiting_approval' });
    expect((await first).status).toBe(202);
    test.store.patch(id, { status: 'running' });
    const again = await test.post(path, { prompt: 'Hi' }, { ...headers, prefer: 'respond-async' });
    expect([again.status, again.headers.get('location')]).toEqual(
      failure === null ? [202, `/api/jobs/${id}`] : [409, `/api/jobs/${id}`],
    );
  }
});

it('tells the store every two seconds whose callers still wait, in one call', async () => {
  await using test = await startApi();
  const submit = async (headers: Record<string, string>) => {
    const accepted = test.nextAccepted();
    const answer = test.post(path, { prompt: 'Hi' }, headers);
    return { runId: (await accepted).id, answer: () => answer };
  };
  const first = await submit({ 'idempotency-key': 'one' });
  await submit({});
  const second = await submit({ 'idempotency-key': 'two' });
  await settle();
  test.store.failing = new Set(['holdReplies']);
  test.store.failure = storeDown;
  await test.clock.advance(2_000);
  test.store.failure = null;
  test.finish(first.runId, completed);
  expect((await first.answer()).status).toBe(200);
  await test.clock.advance(2_000);
  expect(test.store.holds).toEqual([
    { tenantId: 'default', runIds: [first.runId, second.runId], forMs: 6_000 },
    { tenantId: 'default', runIds: [second.runId], forMs: 6_000 },
  ]);
  test.finish(second.runId, completed);
  await second.answer();
  await test.clock.advance(10_000);
  expect(test.store.holds).toHaveLength(2);
});

it('repeats the problem of a failed run to the letter', async () => {
  await using test = await startApi();
  test.finishRuns({ status: 'failed', error: { name: 'Provider.Auth', message: 'no key', retryable: false } });
  const first = await test.post(path, { prompt: 'Hi' }, { ...key, 'x-request-id': 'first' });
  const again = await test.post(path, { prompt: 'Hi' }, { ...key, 'x-request-id': 'second' });
  expect([first.status, again.status]).toEqual([502, 502]);
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('x-request-id')).toBe('second');
});

it('takes a key in quotes, as the draft has it, and without as the same', async () => {
  await using test = await startApi();
  const later = { prefer: 'respond-async' };
  const sent = ['"order \\"66\\" \\\\"', 'order "66" \\'];
  const answers = [];
  for (const text of sent) answers.push(await test.post(path, { prompt: 'Hi' }, { ...later, 'idempotency-key': text }));
  expect(answers.map(({ body }) => body.requestId)).toEqual(Array(2).fill(answers[0]?.body.requestId));
  expect(test.store.accepted.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['order "66" \\']);
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
  for (const bad of ['', '""', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'caf\u00e9', 'a\tb']) {
    const answer = await test.post(path, { prompt: 'Hi' }, { 'idempotency-key': bad });
    expect(answer.status, bad).toBe(422);
    expect(issuesOf(answer.body)).toEqual([' invalid-idempotency-key']);
  }
  const longest = { 'idempotency-key': `"${'~'.repeat(255)}"`, prefer: 'respond-async' };
  expect((await test.post(path, { prompt: 'Hi' }, longest)).status).toBe(202);
});

describe('a request that starts no run', () => {
  const create = '/api/workflows/create';
  const definition = { name: 'w', steps: [{ id: 'a', action: 'noop' }] };

  it('is carried out once, and its reply repeated', async () => {
    await using test = await startApi();
    const first = await test.post(create, { definition }, key);
    const again = await test.post(create, { definition }, key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(test.store.calls.filter((call) => call === 'saveWorkflow')).toHaveLength(1);
    expect((await test.post(create, { definition })).body.outcome).toBe('unchanged');
  });

  it('is turned away while the first one is in progress', async () => {
    await using test = await startApi();
    test.store.failing = new Set(['settleKey']);
    test.store.failure = storeDown;
    // Its reply could not be kept: for others it is in progress until its lock ends.
    expect((await test.post(create, { definition }, key)).status).toBe(201);
    const again = await test.post(create, { definition }, key);
    expect([again.status, again.body.code, again.headers.get('retry-after')]).toEqual([409, 'idempotency-key-in-use', '1']);
    expect(again.body).not.toHaveProperty('jobId');
  });

  it('is refused with the key of another one', async () => {
    await using test = await startApi();
    await test.post(create, { definition }, key);
    const other = await test.post(create, { definition, status: 'draft' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  it('gives its key back when it fails', async () => {
    await using test = await startApi();
    expect((await test.post(create, { definition: {} }, key)).status).toBe(422);
    expect((await test.post(create, { definition }, key)).status).toBe(201);
  });

  it('needs the store for its key', async () => {
    await using test = await startApi();
    test.store.failing = new Set(['claimKey']);
    test.store.failure = storeDown;
    expect((await test.post(create, { definition }, key)).status).toBe(503);
    expect(test.store.calls).toEqual(['claimKey']);
  });

  it('and changes nothing, has its key checked for its form', async () => {
    await using test = await startApi();
    const bad = { 'idempotency-key': '' };
    for (const [each, body] of [
      ['/api/ai/estimate', { prompt: 'Hi' }],
      ['/api/workflows/validate', { workflow: definition }],
    ] as const) {
      expect(issuesOf((await test.post(each, body, bad)).body), each).toEqual([' invalid-idempotency-key']);
      expect((await test.post(each, body, key)).status, each).toBe(200);
    }
    const cancel = '/api/jobs/0190a000-0000-7000-8000-000000000000/cancel';
    expect(issuesOf((await test.post(cancel, undefined, bad)).body)).toEqual([' invalid-idempotency-key']);
    expect(test.store.calls).toEqual([]);
  });
});
