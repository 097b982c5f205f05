import type { ApprovalRecord, StepRecord } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { generateStep, issuesOf, startApi, type TestApi } from '../testing/start-api.ts';

const id = '0190a000-0000-7000-8000-00000000000a';
const runId = '0190a000-0000-7000-8000-000000000001';
const createdAtMs = 1_700_000_000_000;
const expiresAt = new Date(createdAtMs + 86_400_000).toISOString();

function approvalOf(patch: Partial<ApprovalRecord> = {}): ApprovalRecord {
  return {
    id,
    tenantId: 'default',
    runId,
    path: 'generate',
    kind: 'cost',
    status: 'pending',
    provider: 'acme',
    model: 'acme-model',
    estimatedCostNanoUsd: 2_500_000_000,
    thresholdUSD: 1,
    message: 'It can cost 2.50 USD.',
    createdAtMs,
    expiresAtMs: createdAtMs + 86_400_000,
    ...patch,
  };
}

const links = { self: `/api/approvals/${id}`, approve: `/api/approvals/${id}/approve`, reject: `/api/approvals/${id}/reject` };
const waitingStep: StepRecord = generateStep({
  status: 'waiting_approval',
  approval: { id, estimatedCostNanoUsd: 2_500_000_000, thresholdUSD: 1, expiresAtMs: createdAtMs + 86_400_000 },
});
const waiting = { status: 'waiting_approval', steps: [waitingStep] } as const;
const pending = { id, estimatedCostUSD: 2.5, thresholdUSD: 1, expiresAt, links };

it('answers 202 as soon as a run waits for approval', async () => {
  await using test = await startApi();
  test.finishRuns(waiting);
  const answer = await test.post('/api/ai/generate', { prompt: 'Hi' }, { 'idempotency-key': 'k' });
  const jobId = test.store.accepted[0]?.id;
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/api/jobs/${jobId}`);
  expect(answer.body).toEqual({ success: false, requestId: jobId, jobId, status: 'waiting_approval', approval: pending });
  expect(test.api.metrics().waitingCallers).toBe(0);

  const again = await test.post('/api/ai/generate', { prompt: 'Hi' }, { 'idempotency-key': 'k' });
  expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
  expect(again.body).toEqual(answer.body);
  expect((await test.get(`/api/jobs/${jobId}`)).body).toMatchObject({
    status: 'waiting_approval',
    approval: pending,
    steps: [{ status: 'waiting_approval', approval: pending }],
  });
});

it('answers a waiting workflow the same way', async () => {
  await using test = await startApi();
  test.finishRuns(waiting);
  const workflow = { name: 'w', steps: [{ id: 'a', action: 'generate', input: { prompt: 'Hi' } }] };
  const answer = await test.post('/api/workflows/run', { workflow });
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ status: 'waiting_approval', approval: pending });
});

it('finds a run that waits for approval by polling when the message is lost', async () => {
  await using test = await startApi();
  test.store.onAccepted = (run) => setImmediate(() => test.store.patch(run.id, waiting));
  const answer = test.post('/api/ai/generate', { prompt: 'Hi' });
  await test.nextAccepted().then((run) => test.store.patch(run.id, waiting));
  await test.clock.advance(2_100);
  expect((await answer).body).toMatchObject({ status: 'waiting_approval' });
});

it('lists approvals, newest first, page by page', async () => {
  await using test = await startApi();
  const ids = [1, 2, 3].map((digit) => `0190a000-0000-7000-8000-0000000000b${digit}`);
  test.store.approvals.push(...ids.map((each, index) => approvalOf({ id: each, status: index === 0 ? 'expired' : 'pending' })));
  const first = await test.get('/api/approvals?limit=2');
  expect(first.body).toMatchObject({ approvals: [{ id: ids[2] }, { id: ids[1] }], nextCursor: ids[1] });
  expect(first.headers.get('link')).toBe(`</api/approvals?limit=2&cursor=${ids[1]}>; rel="next"`);
  const second = await test.get(`/api/approvals?limit=2&cursor=${first.body.nextCursor}`);
  expect(second.body).toMatchObject({ approvals: [{ id: ids[0], status: 'expired' }] });
  expect(second.body).not.toHaveProperty('nextCursor');
  expect((await test.get('/api/approvals?status=expired')).body.approvals).toHaveLength(1);
  expect((await test.get(`/api/approvals?jobId=${id}`)).body).toEqual({ approvals: [] });
  const wrong = await test.get('/api/approvals?status=open&limit=0&cursor=x&page=2');
  expect(issuesOf(wrong.body)).toEqual([
    '/cursor wrong-format',
    '/limit out-of-range',
    '/page unknown-parameter',
    '/status not-allowed',
  ]);
});

it('shows one approval', async () => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf({ estimatedCostNanoUsd: null }));
  expect((await test.get(`/api/approvals/${id}`)).body).toEqual({
    id,
    jobId: runId,
    stepId: 'generate',
    kind: 'cost',
    status: 'pending',
    provider: 'acme',
    model: 'acme-model',
    estimatedCostUSD: null,
    thresholdUSD: 1,
    message: 'It can cost 2.50 USD.',
    createdAt: new Date(createdAtMs).toISOString(),
    expiresAt,
    links: { ...links, job: `/api/jobs/${runId}` },
  });
});

const decide = (test: TestApi, decision: string, body?: unknown) =>
  test.send('POST', `/api/approvals/${id}/${decision}`, body === undefined ? {} : { body });

it.each([
  ['approve', 'approved'],
  ['reject', 'rejected'],
])('takes the decision to %s once and wakes the run', async (decision, status) => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf());
  const answer = await decide(test, decision, { decidedBy: 'Ada', note: 'Fine.' });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ id, status, decidedBy: 'Ada', note: 'Fine.', decidedAt: expect.any(String) });
  expect(answer.body.links).toEqual({ self: links.self, job: `/api/jobs/${runId}` });
  expect(test.queue.wakes).toEqual([{ runId, kind: 'generate', epoch: 1, wakeNo: 3, priority: 'normal' }]);

  for (const other of ['approve', 'reject']) {
    const late = await decide(test, other);
    expect(late.status).toBe(409);
    expect(late.body).toMatchObject({ code: 'conflict', detail: `The approval is ${status} already.` });
  }
  expect(test.queue.wakes).toHaveLength(1);
});

it('repeats a decision under its key, and refuses another one under it', async () => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf());
  const send = (decision: string, headers: Record<string, string>) =>
    test.send('POST', `/api/approvals/${id}/${decision}`, { body: { decidedBy: 'Ada' }, headers });
  const key = { 'idempotency-key': 'decision-1' };
  const first = await send('approve', key);
  const again = await send('approve', key);
  expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 200, 'true']);
  expect(again.body).toEqual(first.body);
  const other = await send('reject', key);
  expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  expect((await send('approve', { 'idempotency-key': 'decision-2' })).status).toBe(409);
  expect(test.queue.wakes).toHaveLength(1);
});

it('answers 304 to a client that has the approval, until it is decided', async () => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf());
  const first = await test.get(`/api/approvals/${id}`);
  const known = { 'if-none-match': first.headers.get('etag') ?? '' };
  expect((await test.get(`/api/approvals/${id}`, known)).status).toBe(304);
  await decide(test, 'approve');
  const changed = await test.get(`/api/approvals/${id}`, known);
  expect([changed.status, changed.body.status, changed.headers.get('cache-control')]).toEqual([
    200,
    'approved',
    'private, no-cache',
  ]);
});

it('needs no body, and the queue only to be prompt', async () => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf());
  test.queue.failure = new Error('down');
  expect((await decide(test, 'approve')).body).toMatchObject({ status: 'approved' });
  expect(test.log.filter(({ level }) => level === 'warn').map(({ sentence }) => sentence)).toContain(
    'wake-up not sent, the reconciler will find the run',
  );
});

it('refuses what it does not know', async () => {
  await using test = await startApi();
  test.store.approvals.push(approvalOf({ status: 'expired' }));
  expect((await decide(test, 'approve')).body).toMatchObject({ code: 'conflict', detail: 'The approval is expired already.' });
  expect((await decide(test, 'postpone')).status).toBe(404);
  expect(issuesOf((await decide(test, 'approve', { decidedBy: '', why: 1 })).body)).toEqual([
    '/decidedBy out-of-range',
    '/why unknown-field',
  ]);
  for (const unknown of ['x', '0190a000-0000-7000-8000-0000000000ff']) {
    expect((await test.get(`/api/approvals/${unknown}`)).status).toBe(404);
    expect((await test.send('POST', `/api/approvals/${unknown}/approve`)).status).toBe(404);
  }
  test.store.failure = storeDown;
  expect((await test.get('/api/approvals')).status).toBe(503);
});
