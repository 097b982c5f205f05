import { expect, it } from 'vitest';
import { startApi } from '../testing/start-api.ts';

const workflow = { name: 'w', steps: [{ id: 'a', action: 'noop' }] };
const later = { prefer: 'respond-async' };

it('lists saved workflows', async () => {
  await using test = await startApi();
  expect((await test.get('/api/workflows/list')).body).toEqual({ total: 0, workflows: [] });
  for (const version of [1, 2, 3]) await test.post('/api/workflows/create', { version, definition: workflow });
  const { status, body } = await test.get('/api/workflows/list?limit=2');
  expect(status).toBe(200);
  expect(body.total).toBe(3);
  expect(body.workflows).toHaveLength(2);
  expect(body.workflows[0]).toMatchObject({ name: 'w', version: 1, status: 'active', definition: { ...workflow, version: 1 } });
});

it('lists runs, newest first, by workflow and by user', async () => {
  await using test = await startApi();
  const { body: saved } = await test.post('/api/workflows/create', { definition: workflow });
  await test.post('/api/workflows/run', { workflowId: saved.workflowId, userId: 'ann' }, later);
  await test.post('/api/workflows/run', { workflow, userId: 'ann' }, later);
  await test.post('/api/workflows/run', { workflow, userId: 'bob' }, later);
  const ids = test.store.accepted.map((run) => run.id);
  const listed = async (query: string) => {
    const { body } = await test.get(`/api/workflows/runs${query}`);
    expect(body.total).toBe(body.runs.length);
    return body.runs.map((run) => ids.indexOf(run.jobId));
  };
  expect(await listed('')).toEqual([2, 1, 0]);
  expect(await listed('?limit=2')).toEqual([2, 1]);
  expect(await listed('?userId=ann')).toEqual([1, 0]);
  expect(await listed(`?workflowId=${saved.workflowId}`)).toEqual([0]);
  expect(await listed(`?workflowId=${saved.workflowId}&userId=bob`)).toEqual([]);
});
