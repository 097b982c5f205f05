import { jobListSchema } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { completed, issuesOf, startApi, type TestApi } from '../testing/start-api.ts';

const later = { prefer: 'respond-async' };

async function submitMany(test: TestApi, count: number): Promise<string[]> {
  for (let index = 0; index < count; index += 1) await test.post('/api/ai/generate', { prompt: `${index}` }, later);
  return test.store.accepted.map(({ id }) => id).reverse();
}

it('asks the store for what the query says', async () => {
  await using test = await startApi();
  const workflowId = '0190a000-0000-7000-8000-00000000000a';
  const query = new URLSearchParams([
    ['kind', 'workflow'],
    ['status', 'failed,cancelled'],
    ['status', 'running'],
    ['workflow', 'triage'],
    ['workflowId', workflowId],
    ['userId', 'zoë'],
    ['provider', 'acme'],
    ['model', 'acme-large'],
    ['tag', 'nightly, red'],
    ['from', '2026-12-01T08:00:00+02:00'],
    ['to', '2026-12-02'],
    ['minCostUSD', '0.000000001'],
    ['maxCostUSD', '1.5'],
    ['limit', '7'],
  ]);
  expect((await test.get(`/api/jobs?${query}`)).body).toEqual({ jobs: [] });
  await test.get('/api/jobs');
  expect(test.store.lists).toEqual([
    {
      tenantId: 'default',
      kind: 'workflow',
      statuses: ['running', 'failed', 'cancelled'],
      workflowName: 'triage',
      workflowId,
      userId: 'zoë',
      provider: 'acme',
      model: 'acme-large',
      tag: 'nightly, red',
      fromMs: Date.parse('2026-12-01T06:00:00Z'),
      toMs: Date.parse('2026-12-02T00:00:00Z'),
      minCostNanoUsd: 1,
      maxCostNanoUsd: 1_500_000_000,
      limit: 7,
    },
    { tenantId: 'default', limit: 50 },
  ]);
});

it('lists jobs as the description of the route says, without their documents', async () => {
  await using test = await startApi();
  const [id = ''] = await submitMany(test, 1);
  test.store.patch(id, { ...completed, tags: ['red'] });
  const { body } = await test.get('/api/jobs');
  expect(jobListSchema.strict().parse(body)).toEqual(body);
  expect(body).toMatchObject({
    jobs: [
      {
        jobId: id,
        status: 'completed',
        tags: ['red'],
        links: { self: `/api/jobs/${id}`, events: `/api/jobs/${id}/events`, cancel: `/api/jobs/${id}/cancel` },
      },
    ],
  });
  expect(JSON.stringify(body)).not.toContain('Hello.');
});

it.each(['/api/jobs', '/api/workflows/runs'])('leads from page to page of %s', async (path) => {
  await using test = await startApi();
  const ids = await submitMany(test, 5);
  const field = path === '/api/jobs' ? 'jobs' : 'runs';
  const seen: string[] = [];
  let next: string | undefined = `${path}?limit=2&userId=`.replace('&userId=', '');
  while (next !== undefined) {
    const answer = await test.get(next);
    const entries = answer.body[field] as { jobId: string }[];
    seen.push(...entries.map(({ jobId }) => jobId));
    next = /^<(\/[^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    const { nextCursor } = answer.body;
    expect(next).toBe(nextCursor === undefined ? undefined : `${path}?limit=2&cursor=${nextCursor}`);
    if (seen.length === 2) await submitMany(test, 2);
  }
  expect(seen).toEqual(ids);
});

it('keeps the filters in the link to the next page', async () => {
  await using test = await startApi();
  await submitMany(test, 2);
  const query = 'status=queued&status=running&from=2020-01-01T00%3A00%3A00%2B02%3A00&limit=1';
  const { headers, body } = await test.get(`/api/jobs?${query}`);
  expect(headers.get('link')).toBe(`</api/jobs?${query}&cursor=${body.nextCursor}>; rel="next"`);
  const second = await test.get(`/api/jobs?${query}&cursor=${body.nextCursor}`);
  expect(second.headers.get('link')).toBeNull();
});

it('refuses queries that it would have to guess about, before the store is asked', async () => {
  await using test = await startApi();
  const wrong: [string, string[]][] = [
    ['limit=0', ['/limit out-of-range']],
    ['limit=501', ['/limit out-of-range']],
    ['limit=1.5', ['/limit wrong-type']],
    ['kind=batch', ['/kind not-allowed']],
    ['status=done', ['/status not-allowed']],
    ['status=', ['/status not-allowed']],
    ['status=running,', ['/status not-allowed']],
    ['status=running&status=Failed', ['/status not-allowed']],
    ['workflowId=1', ['/workflowId wrong-format']],
    ['tag=', ['/tag out-of-range']],
    ['tag=a&tag=b', ['/tag wrong-type']],
    ['from=yesterday', ['/from wrong-format']],
    ['from=2026-02-30', ['/from wrong-format']],
    ['to=2026-12-01T08:00:00', ['/to wrong-format']],
    // A plus that was not encoded is a space.
    ['to=2026-12-01T08:00:00+02:00', ['/to wrong-format']],
    ['from=2026-12-02&to=2026-12-01', ['/from invalid']],
    ['minCostUSD=-1&maxCostUSD=1e3', ['/maxCostUSD wrong-format', '/minCostUSD wrong-format']],
    ['minCostUSD=2&maxCostUSD=1', ['/minCostUSD invalid']],
    ['maxCostUSD=1000001', ['/maxCostUSD out-of-range']],
    ['cursor=', ['/cursor wrong-format']],
    ['cursor=AAAA', ['/cursor wrong-format']],
    ['userid=ada&offset=1', ['/offset unknown-parameter', '/userid unknown-parameter']],
    ['userId=a%00b', ['/userId invalid-text']],
    ['__proto__=1', ['/__proto__ forbidden-field', '/__proto__ unknown-parameter']],
  ];
  for (const [query, issues] of wrong) {
    const answer = await test.get(`/api/jobs?${query}`);
    expect([answer.status, ...issuesOf(answer.body)], query).toEqual([422, ...issues]);
  }
  const list = await test.get('/api/workflows/runs?cursor=x');
  expect([list.status, ...issuesOf(list.body)]).toEqual([422, '/cursor wrong-format']);
  expect(test.store.calls).toEqual([]);
});
