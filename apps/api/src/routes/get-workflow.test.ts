import { expect, it } from 'vitest';
import { startApi } from '../testing/start-api.ts';

const steps = [{ id: 'a', action: 'noop' }];

it('shows a saved workflow, and 304 to a client that has it', async () => {
  await using test = await startApi();
  const { body: saved } = await test.post('/api/workflows/create', { definition: { name: 'w', steps } });
  const path = `/api/workflows/${saved.workflowId}`;
  const first = await test.get(path);
  const { success: _success, outcome: _outcome, ...view } = saved;
  expect(first.status).toBe(200);
  expect(first.body).toEqual(view);
  expect(first.headers.get('cache-control')).toBe('private, no-cache');
  const known = { 'if-none-match': first.headers.get('etag') ?? '' };
  for (const method of ['GET', 'HEAD']) {
    const again = await test.send(method, path.toUpperCase().replace('/API/WORKFLOWS', '/api/workflows'), { headers: known });
    expect([again.status, again.body], method).toEqual([304, undefined]);
  }
  await test.post('/api/workflows/create', { definition: { name: 'w', description: 'new', steps } });
  const changed = await test.get(path, known);
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(known['if-none-match']);
});

it('answers 404 to what is no workflow, and leaves the other paths to their routes', async () => {
  await using test = await startApi();
  for (const id of ['x', '1', '0190a000-0000-7000-8000-00000000000', '%00']) {
    expect((await test.get(`/api/workflows/${id}`)).status, id).toBe(404);
  }
  expect(test.store.calls).toEqual([]);
  expect((await test.get('/api/workflows/0190a000-0000-7000-8000-00000000000a')).status).toBe(404);
  expect((await test.get('/api/workflows/list')).status).toBe(200);
  expect((await test.get('/api/workflows/run')).status).toBe(405);
  expect((await test.send('DELETE', '/api/workflows/x')).headers.get('allow')).toBe('GET, HEAD');
});
