import type { JobView, RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { issuesOf } from './support/client.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { exampleWorkflow, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  installation = await startInstallation();
});
afterAll(() => installation?.dispose());

const greeting = (text: string) =>
  workflow([{ id: 'greet', action: 'transform', set: `${text} {{input.name}}` }], { name: 'greeting' });

async function save(body: object): Promise<{ httpStatus: number; workflowId: string }> {
  const answer = await installation.api.post('/api/workflows/create', body);
  return { httpStatus: answer.status, ...(answer.body as { workflowId: string }) };
}

async function runsWith(query: string): Promise<readonly JobView[]> {
  const answer = await installation.api.get(`/api/workflows/runs${query}`);
  expect(answer.status).toBe(200);
  const { total, runs } = answer.body as { total: number; runs: readonly JobView[] };
  expect(total).toBe(runs.length);
  return runs;
}

describe('saved workflows', () => {
  it('are created, changed while unused, run by id, and fixed after their first run', async () => {
    const hello = { name: 'greeting', version: 1, definition: greeting('Hello') };
    const created = await save(hello);
    expect(created).toMatchObject({ httpStatus: 201, outcome: 'created', success: true });
    expect(await save(hello)).toMatchObject({ httpStatus: 200, outcome: 'unchanged' });
    expect(await save({ definition: greeting('Hi') })).toMatchObject({ outcome: 'updated', workflowId: created.workflowId });

    const body = { workflowId: created.workflowId, input: { name: 'Ada' }, userId: 'ada' };
    const answer = await installation.api.post('/api/workflows/run', body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ success: true, output: 'Hi Ada' });
    const job = await installation.api.job((answer.body as RunResponse).runId);
    expect(job).toMatchObject({
      kind: 'workflow',
      workflowId: created.workflowId,
      workflowName: 'greeting',
      workflowVersion: 1,
      userId: 'ada',
      input: { name: 'Ada' },
      cancelRequested: false,
      reservedUSD: 0,
      links: { self: `/api/jobs/${(answer.body as RunResponse).runId}` },
    });
    expect(Date.parse(job.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(job.acceptedAt));

    const changed = await installation.api.post('/api/workflows/create', { definition: greeting('Good day') });
    expect(changed.status).toBe(409);
    expect(changed.body).toMatchObject({ code: 'conflict' });
    expect(await save({ version: 2, definition: greeting('Good day') })).toMatchObject({ httpStatus: 201, version: 2 });
    const again = await installation.api.post('/api/workflows/run', body);
    expect(again.body).toMatchObject({ output: 'Hi Ada' });
  });

  it('are listed with the number of all', async () => {
    await save({ name: 'listed-a', definition: workflow([{ id: 'x', action: 'noop' }], { name: 'listed-a' }) });
    await save({ name: 'listed-b', definition: { steps: [{ id: 'x', action: 'noop' }] } });
    const all = (await installation.api.get('/api/workflows/list')).body as { total: number; workflows: { name: string }[] };
    expect(all.workflows.map(({ name }) => name)).toEqual(expect.arrayContaining(['listed-a', 'listed-b']));
    expect(all.total).toBe(all.workflows.length);
    const one = (await installation.api.get('/api/workflows/list?limit=1')).body as { total: number; workflows: unknown[] };
    expect(one).toMatchObject({ total: all.total });
    expect(one.workflows).toHaveLength(1);
  });

  it('are not stored when they break a rule', async () => {
    const before = (await installation.api.get('/api/workflows/list')).body;
    const broken = await installation.api.post('/api/workflows/create', {
      name: 'other',
      version: 1.5,
      definition: { name: 'broken', steps: [{ id: 'a', action: 'noop', onSuccess: 'nowhere' }] },
    });
    expect(broken.status).toBe(422);
    expect(issuesOf(broken)).toEqual([
      '/definition/steps/0/onSuccess unknown-step',
      '/name mismatch',
      expect.stringMatching(/^\/version /),
    ]);
    expect((await installation.api.get('/api/workflows/list')).body).toEqual(before);
  });

  it('are not found by an id that nobody has', async () => {
    const unknown = await installation.api.post('/api/workflows/run', { workflowId: '00000000-0000-7000-8000-000000000000' });
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ code: 'not-found' });
  });
});

describe('validation', () => {
  it('accepts a good workflow and names what can not be meant', async () => {
    const odd = workflow([
      { id: 'a', action: 'noop', onSuccess: 'end' },
      { id: 'b', action: 'transform', set: '{{a.output}}' },
    ]);
    const answer = await installation.api.post('/api/workflows/validate', { workflow: odd });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ valid: true });
    expect((answer.body as { warnings: { pointer: string; code: string }[] }).warnings).toEqual(
      expect.arrayContaining([expect.objectContaining({ pointer: '/workflow/steps/1', code: 'unreachable-step' })]),
    );
  });

  it('accepts each example file', async () => {
    for (const name of ['content-generation', 'research-and-summarize', 'resilient-generation']) {
      const answer = await installation.api.post('/api/workflows/validate', { workflow: await exampleWorkflow(name) });
      expect(answer.body).toEqual({ valid: true, warnings: [] });
    }
  });
});

describe('the list of runs', () => {
  it('is newest first and filtered by user, workflow and number', async () => {
    const { workflowId } = await save({ definition: workflow([{ id: 'x', action: 'noop' }], { name: 'filtered' }) });
    const submit = async (userId: string) =>
      ((await installation.api.post('/api/workflows/run', { workflowId, userId })).body as RunResponse).runId;
    const first = await submit('zoë');
    const second = await submit('zoë');
    const third = await submit('bob');
    const ids = (runs: readonly JobView[]) => runs.map((run) => run.runId);
    expect(ids(await runsWith(`?workflowId=${workflowId}`))).toEqual([third, second, first]);
    expect(ids(await runsWith(`?userId=${encodeURIComponent('zoë')}`))).toEqual([second, first]);
    expect(ids(await runsWith(`?workflowId=${workflowId}&userId=bob`))).toEqual([third]);
    expect(ids(await runsWith(`?workflowId=${workflowId}&limit=2`))).toEqual([third, second]);
    expect(await runsWith('?userId=nobody')).toEqual([]);
    expect((await runsWith('')).length).toBeGreaterThanOrEqual(3);
  });

  it('refuses queries that it would have to guess about', async () => {
    for (const query of [
      '?limit=0',
      '?limit=501',
      '?limit=x',
      '?limit=1&limit=2',
      '?workflowId=1',
      '?userId=',
      '?offset=1',
      '?__proto__=1',
    ]) {
      const answer = await installation.api.get(`/api/workflows/runs${query}`);
      expect(answer.status, query).toBe(422);
      expect(issuesOf(answer).length, query).toBeGreaterThan(0);
    }
  });
});
