import type { JobList, JobView } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Answer, issuesOf } from './support/client.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
const ids: Record<string, string> = {};
let savedId = '';

/** One job of every sort, all finished but the last one. */
beforeAll(async () => {
  const broken = { promptIncludes: '[[broken', fault: { type: 'status' as const, status: 400 } };
  installation = await startInstallation({ script: { rules: [broken] } });
  const { api } = installation;
  const generate = { prompt: '[[a]] x', provider: 'openai', model: 'gpt-4o-mini', maxTokens: 10 };
  ids.plain = await api.submitGenerate({ ...generate, userId: 'ada' });
  ids.tagged = await api.submitGenerate({ ...generate, userId: 'bob', tags: ['red', 'blue', 'red'] });
  ids.claude = await api.submitGenerate({ prompt: '[[b]] x', provider: 'anthropic', maxTokens: 10, userId: 'ada' });
  ids.failed = await api.submitGenerate({ ...generate, prompt: '[[broken]] x' });
  const mixed = workflow([ask('first', 'c'), { id: 'then', action: 'noop' }], { name: 'mixed', tags: ['red', 'nightly'] });
  ids.mixed = await api.submit(mixed, { userId: 'ada' });
  const saved = await api.post('/api/workflows/create', {
    definition: workflow([{ id: 'n', action: 'noop' }], { name: 'saved' }),
  });
  savedId = (saved.body as { workflowId: string }).workflowId;
  const run = await api.post('/api/workflows/run', { workflowId: savedId, tags: ['green'] }, { prefer: 'respond-async' });
  ids.saved = (run.body as { runId: string }).runId;
  for (const id of Object.values(ids)) await api.finished(id);
  ids.waiting = await api.submit(workflow([{ id: 'd', action: 'delay', delayMs: 600_000 }], { name: 'nap' }));
  await api.jobWhen(ids.waiting, ({ status }) => status === 'waiting');
});
afterAll(() => installation?.dispose());

async function list(query: string): Promise<string[]> {
  const answer = await installation.api.get(`/api/jobs${query}`);
  expect(answer.status, query).toBe(200);
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  return (answer.body as JobList).jobs.map(({ jobId }) => names.get(jobId) ?? jobId);
}

describe('the list of jobs', () => {
  it.each([
    ['', ['waiting', 'saved', 'mixed', 'failed', 'claude', 'tagged', 'plain']],
    ['?kind=workflow', ['waiting', 'saved', 'mixed']],
    ['?kind=generate&status=completed', ['claude', 'tagged', 'plain']],
    ['?status=failed,waiting', ['waiting', 'failed']],
    ['?status=failed&status=waiting', ['waiting', 'failed']],
    ['?status=running', []],
    ['?workflow=mixed', ['mixed']],
    ['?workflow=generate', []],
    ['?userId=ada', ['mixed', 'claude', 'plain']],
    ['?userId=ada&kind=workflow', ['mixed']],
    ['?provider=anthropic', ['claude']],
    ['?provider=openai', ['mixed', 'failed', 'tagged', 'plain']],
    ['?model=gpt-4o-mini&userId=ada', ['mixed', 'plain']],
    ['?tag=red', ['mixed', 'tagged']],
    ['?tag=nightly', ['mixed']],
    ['?tag=green', ['saved']],
    ['?maxCostUSD=0', ['waiting', 'saved', 'failed']],
    ['?minCostUSD=0.000000001&provider=openai', ['mixed', 'tagged', 'plain']],
    ['?from=2020-01-01&to=2020-01-02', []],
    ['?from=2020-01-01&limit=2', ['waiting', 'saved']],
  ])('by %s', async (query, names) => {
    expect(await list(query)).toEqual(names);
  });

  it('by saved workflow and by time, to the millisecond', async () => {
    expect(await list(`?workflowId=${savedId}`)).toEqual(['saved']);
    const { acceptedAt } = await installation.api.job(ids.failed ?? '');
    expect(await list(`?from=${acceptedAt}`)).toEqual(['waiting', 'saved', 'mixed', 'failed']);
    expect(await list(`?to=${acceptedAt}`)).toEqual(['claude', 'tagged', 'plain']);
  });

  it('carries tags and links, and no documents', async () => {
    const { body } = await installation.api.get('/api/jobs?tag=blue');
    const [job] = (body as JobList).jobs;
    expect(job).toMatchObject({
      tags: ['red', 'blue'],
      links: {
        self: `/api/jobs/${ids.tagged}`,
        events: `/api/jobs/${ids.tagged}/events`,
        cancel: `/api/jobs/${ids.tagged}/cancel`,
      },
      steps: [{ provider: 'openai', model: 'gpt-4o-mini', status: 'completed' }],
    });
    expect(JSON.stringify(body)).not.toContain('[[a]]');
  });

  it('is followed to its end by the links in its headers, while jobs are added', async () => {
    for (const path of ['/api/jobs', '/api/workflows/runs']) {
      const before = (await installation.api.get(`${path}?limit=500`)).body as Record<'jobs' | 'runs', readonly JobView[]>;
      const all = (before.jobs ?? before.runs).map(({ jobId }) => jobId);
      const seen: string[] = [];
      let next: string | undefined = `${path}?limit=3`;
      while (next !== undefined) {
        const { body, headers }: Answer = await installation.api.get(next);
        const page = body as Record<'jobs' | 'runs', readonly JobView[]>;
        seen.push(...(page.jobs ?? page.runs).map(({ jobId }) => jobId));
        await installation.api.submit(workflow([{ id: 'n', action: 'noop' }]));
        next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      }
      expect(seen).toEqual(all);
    }
  });

  it('refuses what it would have to guess about', async () => {
    for (const [query, issue] of [
      ['?cursor=abc', '/cursor wrong-format'],
      ['?from=2026-12-02&to=2026-12-01', '/from invalid'],
      ['?status=done', '/status not-allowed'],
      ['?colour=red', '/colour unknown-parameter'],
      ['?limit=501', '/limit out-of-range'],
      ['?minCostUSD=1&maxCostUSD=0.5', '/minCostUSD invalid'],
    ]) {
      const answer = await installation.api.get(`/api/jobs${query}`);
      expect([answer.status, ...issuesOf(answer)], query).toEqual([422, issue]);
    }
    for (const tags of [[''], ['x'.repeat(65)], Array(21).fill('x'), 'red']) {
      const answer = await installation.api.post('/api/ai/generate', { prompt: 'x', tags });
      expect(answer.status).toBe(422);
      expect(issuesOf(answer)[0]).toMatch(/^\/tags/);
    }
  });
});

describe('a client that has a job already', () => {
  it('gets 304 until the job changes', async () => {
    const { api } = installation;
    const id = await api.submit(workflow([{ id: 'd', action: 'delay', delayMs: 600_000 }]));
    await api.jobWhen(id, ({ status }) => status === 'waiting');
    const path = `/api/jobs/${id}`;
    const first = await api.get(path);
    const known = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await api.send('GET', path, { headers: known });
    expect([again.status, again.body, again.headers.get('cache-control')]).toEqual([304, undefined, 'private, no-cache']);
    expect((await api.send('HEAD', path, { headers: known })).status).toBe(304);
    const head = await api.send('HEAD', path);
    expect([head.status, head.headers.get('etag')]).toEqual([200, known['if-none-match']]);
    expect((await api.send('GET', path, { headers: { 'if-none-match': 'W/"broken' } })).status).toBe(200);

    await api.cancel(id);
    const changed = await api.send('GET', path, { headers: known });
    expect(changed).toMatchObject({ status: 200, body: { cancelRequested: true } });
    const job = await api.finished(id);
    expect(job.status).toBe('cancelled');
    const last = (await api.get(path)).headers.get('etag') ?? '';
    expect((await api.send('GET', path, { headers: { 'if-none-match': `${known['if-none-match']}, ${last}` } })).status).toBe(
      304,
    );
  });

  it('gets 304 for a saved workflow until it is saved anew', async () => {
    const { api } = installation;
    const path = `/api/workflows/${savedId}`;
    const first = await api.get(path);
    expect(first).toMatchObject({ status: 200, body: { workflowId: savedId, name: 'saved', version: 1, status: 'active' } });
    const known = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await api.send('GET', path, { headers: known })).status).toBe(304);
    const { definition } = first.body as { definition: object };
    await api.post('/api/workflows/create', { definition, status: 'draft' });
    expect(await api.send('GET', path, { headers: known })).toMatchObject({ status: 200, body: { status: 'draft' } });
    expect((await api.get('/api/workflows/00000000-0000-7000-8000-000000000000')).status).toBe(404);
  });
});
