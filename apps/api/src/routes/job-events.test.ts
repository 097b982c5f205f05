import type { PlacedEvent } from '@orchestrator/contracts';
import { describe, expect, it, vi } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { type ReadStream, readStream } from '../testing/read-stream.ts';
import { placed } from '../testing/run-history.ts';
import { completed, issuesOf, replyTo, startApi, type TestApi } from '../testing/start-api.ts';

const unknownId = '0190a000-0000-7000-8000-000000000000';
const workflow = { name: 'w', steps: [{ id: 'ask', action: 'generate', input: { prompt: 'Hi' } }] };
const accepted = placed(0, 1, 'run-accepted', { kind: 'workflow', workflowName: 'w' });
const middle = [
  placed(1, 2, 'run-started'),
  placed(1, 3, 'step-started', { path: 'ask', action: 'generate' }),
  placed(1, 4),
  placed(1, 5, 'restart', { path: 'ask', reason: 'attempt-failed' }),
  placed(1, 6),
  placed(1, 7, 'step-completed', { path: 'ask', costNanoUsd: 1_000, attempts: 2 }),
];
const end = placed(1, 8, 'run-completed', { degraded: false });
const allIds = ['0-1', '1-2', '1-3', '1-4', '1-5', '1-6', '1-7', '1-8'];

async function submit(test: TestApi, events: readonly PlacedEvent[] = [accepted]): Promise<string> {
  await test.post('/api/workflows/run', { workflow }, { prefer: 'respond-async' });
  const id = test.store.accepted.at(-1)?.id ?? '';
  test.store.events.set(id, [...events]);
  return id;
}

async function submitEnded(test: TestApi): Promise<string> {
  const id = await submit(test, [accepted, ...middle, end]);
  test.store.patch(id, completed);
  return id;
}

function tell(test: TestApi, runId: string, events: readonly PlacedEvent[]): void {
  const runs = [{ runId, epoch: events[0]?.epoch ?? 1, events: events.map(({ epoch: _, ...event }) => event) }];
  test.queue.deliver(replyTo, { type: 'run-events', runs });
}

const open = (test: TestApi, id: string, query = '', headers: Record<string, string> = {}): Promise<ReadStream> =>
  readStream(`${test.url}/api/jobs/${id}/events${query}`, { headers });
const untilState = (stream: ReadStream, state: string) =>
  vi.waitUntil(() => stream.state === state, { interval: 1, timeout: 5_000 });
const untilCount = (stream: ReadStream, count: number) =>
  vi.waitUntil(() => stream.ids.length === count, { interval: 1, timeout: 5_000 });

describe('a job under way', () => {
  it('is told from its start, and to its end as it comes', async () => {
    await using test = await startApi();
    const id = await submit(test);
    const stream = await open(test, id);
    await untilCount(stream, 1);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    for (const event of middle) tell(test, id, [event]);
    await untilCount(stream, 7);
    expect(stream.events[3]).toEqual({
      type: 'token',
      jobId: id,
      epoch: 1,
      seq: 4,
      at: '2023-11-14T22:13:20.000Z',
      stepId: 'ask',
      attempt: 1,
      text: '1-4 ',
    });
    test.store.patch(id, completed);
    tell(test, id, [end]);
    await untilState(stream, 'ended');
    expect(stream.ids).toEqual(allIds);
    expect(stream.events.at(-1)).toMatchObject({ type: 'run-completed', result: { runId: id, success: true, output: 'Hello.' } });
    expect(test.api.metrics().streams).toEqual({ open: 0, sent: 8, stalled: 0, runs: 0, readers: 0 });
  });

  it('goes on when its reader leaves', async () => {
    await using test = await startApi();
    const id = await submit(test);
    const stream = await open(test, id);
    await untilCount(stream, 1);
    expect(test.api.metrics().streams).toMatchObject({ open: 1, runs: 1, readers: 1 });
    stream.leave();
    await vi.waitUntil(() => test.api.metrics().streams.open === 0);
    expect(test.api.metrics().streams).toMatchObject({ open: 0, runs: 0, readers: 0 });
    expect(test.store.calls).not.toContain('requestCancel');
  });

  it('ends no stream with a last event when the process stops', async () => {
    await using test = await startApi();
    const id = await submit(test);
    const stream = await open(test, id);
    await untilCount(stream, 1);
    await test.api.close();
    await untilState(stream, 'ended');
    expect(stream.ids).toEqual(['0-1']);
  });

  it('breaks the stream off when its result can not be read, and tells the end to who resumes', async () => {
    await using test = await startApi();
    const id = await submit(test, [accepted, ...middle]);
    const stream = await open(test, id);
    await untilCount(stream, 7);
    test.store.failure = storeDown;
    test.store.failing = new Set(['getRuns']);
    tell(test, id, [end]);
    await vi.waitUntil(() => test.store.reads.length > 0);
    await test.clock.advance(3_000);
    await untilState(stream, 'broken');
    expect(stream.ids).toEqual(allIds.slice(0, -1));
    test.store.failure = null;
    test.store.events.get(id)?.push(end);
    test.store.patch(id, completed);
    const resumed = await open(test, id, '', { 'last-event-id': '1-7' });
    await untilState(resumed, 'ended');
    expect(resumed.ids).toEqual(['1-8']);
  });
});

describe('a job that has ended', () => {
  it('is replayed, with its result', async () => {
    await using test = await startApi();
    const id = await submitEnded(test);
    const stream = await open(test, id);
    await untilState(stream, 'ended');
    expect(stream.ids).toEqual(allIds);
    expect(stream.events.at(-1)).toMatchObject({ type: 'run-completed', result: { runId: id, success: true } });
  });

  it('is answered with 204 where nothing comes any more', async () => {
    await using test = await startApi();
    const id = await submitEnded(test);
    for (const position of ['1-8', '1-999', '2-1']) {
      const stream = await open(test, id, '', { 'last-event-id': position });
      expect(stream.response.status).toBe(204);
    }
  });

  it('has the answer of the synchronous call as result, where that has one', async () => {
    await using test = await startApi();
    await test.post('/api/ai/generate', { prompt: 'Hi' }, { prefer: 'respond-async' });
    const id = test.store.accepted.at(-1)?.id ?? '';
    const resultOf = async (last: PlacedEvent) => {
      test.store.events.set(id, [accepted, last]);
      const stream = await open(test, id);
      await untilState(stream, 'ended');
      return stream.events.at(-1);
    };
    test.store.patch(id, completed);
    const job = (await test.get(`/api/jobs/${id}`)).body;
    expect(await resultOf(placed(1, 2, 'run-completed', { degraded: false }))).toMatchObject({ result: job.result });
    const error = { name: 'Provider.Auth', message: 'no', retryable: false } as const;
    test.store.patch(id, { status: 'failed', error });
    const failed = await resultOf(placed(1, 2, 'run-failed', { degraded: false, error }));
    expect(failed).toMatchObject({ type: 'run-failed', error });
    expect(failed).not.toHaveProperty('result');
  });
});

describe('a position', () => {
  it.each<[string, string, Record<string, string>]>([
    ['the header', '', { 'last-event-id': '1-6' }],
    ['the query', '?lastEventId=1-6', {}],
    ['the header before the query', '?lastEventId=1-2', { 'last-event-id': '1-6' }],
    ['the query when the header is empty', '?lastEventId=1-6', { 'last-event-id': '' }],
  ])('is taken from %s', async (_, query, headers) => {
    await using test = await startApi();
    const stream = await open(test, await submitEnded(test), query, headers);
    await untilState(stream, 'ended');
    expect(stream.ids).toEqual(['1-7', '1-8']);
  });

  it.each(['17', '1-', '-1', '1-2-3', ' 1-2', '1-2x', '1.5-2', '1-9999999999', 'x'])('%j is refused', async (position) => {
    await using test = await startApi();
    const id = await submitEnded(test);
    const query = await test.get(`/api/jobs/${id}/events?lastEventId=${encodeURIComponent(position)}`);
    expect([query.status, issuesOf(query.body)]).toEqual([422, ['/lastEventId invalid-event-id']]);
    // HTTP takes the blanks around a header's value away.
    const header = await test.get(`/api/jobs/${id}/events`, { 'last-event-id': position.replace(' ', '_') });
    expect([header.status, issuesOf(header.body)]).toEqual([422, [' invalid-event-id']]);
  });
});

describe('types', () => {
  it.each<[string, string[]]>([
    ['?types=step-completed', ['1-7', '1-8']],
    ['?types=step-completed,run-started', ['1-2', '1-7', '1-8']],
    ['?types=step-completed&types=run-started', ['1-2', '1-7', '1-8']],
    ['?types=step-completed,%20run-started', ['1-2', '1-7', '1-8']],
    ['?types=token', ['1-4', '1-5', '1-6', '1-8']],
    ['?types=run-failed', ['1-8']],
  ])('%s lets these through, and always the last one', async (query, ids) => {
    await using test = await startApi();
    const stream = await open(test, await submitEnded(test), query);
    await untilState(stream, 'ended');
    expect(stream.ids).toEqual(ids);
  });

  it.each(['?types=tokens', '?types=', '?types=token,', '?types=token&types=nonsense', '?types=__proto__'])(
    '%s is refused',
    async (query) => {
      await using test = await startApi();
      const answer = await test.get(`/api/jobs/${await submitEnded(test)}/events${query}`);
      expect(answer.status).toBe(422);
      expect(issuesOf(answer.body)[0]).toMatch(/^\/types/);
    },
  );
});

describe('what is refused', () => {
  it('are jobs that do not exist, and those of others', async () => {
    await using test = await startApi();
    const id = await submit(test);
    const others = { ...test.store.run(id), tenantId: 'other' };
    test.store.patch(id, others);
    for (const path of [unknownId, 'nonsense', id]) {
      const answer = await test.get(`/api/jobs/${path}/events`);
      expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
    }
  });

  it('are unknown parameters and other methods', async () => {
    await using test = await startApi();
    const id = await submit(test);
    const answer = await test.get(`/api/jobs/${id}/events?after=1-2`);
    expect([answer.status, issuesOf(answer.body)]).toEqual([422, ['/after unknown-parameter']]);
    const post = await test.post(`/api/jobs/${id}/events`, {});
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is everything while the store is away', async () => {
    await using test = await startApi();
    const id = await submit(test);
    test.store.failure = storeDown;
    const answer = test.get(`/api/jobs/${id}/events`);
    await vi.waitUntil(() => test.store.calls.at(-1) === 'readEvents');
    await test.clock.advance(2_000);
    expect((await answer).status).toBe(503);
  });
});

it('answers HEAD without following anything', async () => {
  await using test = await startApi();
  const id = await submit(test);
  const answer = await test.send('HEAD', `/api/jobs/${id}/events`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  expect(test.api.metrics().streams).toMatchObject({ open: 0, runs: 0 });
});
