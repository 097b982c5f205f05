import { expect, it } from 'vitest';
import { issuesOf, startApi } from '../testing/start-api.ts';

const path = '/api/workflows/create';
const steps = [{ id: 'a', action: 'noop' }];

it('saves a definition under the name and version beside it', async () => {
  await using test = await startApi();
  const created = await test.post(path, { name: 'my-workflow', version: 2, definition: { steps } });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    success: true,
    outcome: 'created',
    workflowId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'my-workflow',
    version: 2,
    status: 'active',
    definition: { name: 'my-workflow', version: 2, steps },
    createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

it('is idempotent by name and version, and changes a version that has not run', async () => {
  await using test = await startApi();
  const first = await test.post(path, { definition: { name: 'w', steps } });
  expect(first.body).toMatchObject({ name: 'w', version: 1, status: 'active' });
  const again = await test.post(path, { definition: { name: 'w', steps } });
  expect([again.status, again.body.outcome, again.body.workflowId]).toEqual([200, 'unchanged', first.body.workflowId]);
  const changed = await test.post(path, { status: 'draft', definition: { name: 'w', description: 'new', steps } });
  expect([changed.status, changed.body.outcome, changed.body.status]).toEqual([200, 'updated', 'draft']);
});

it('answers 409 when the version has run with another definition', async () => {
  await using test = await startApi();
  const { body } = await test.post(path, { definition: { name: 'w', steps } });
  await test.post('/api/workflows/run', { workflowId: body.workflowId }, { prefer: 'respond-async' });
  const answer = await test.post(path, { definition: { name: 'w', description: 'new', steps } });
  expect([answer.status, answer.body.code]).toEqual([409, 'conflict']);
  expect((await test.post(path, { definition: { name: 'w', steps } })).status).toBe(200);
});

it('refuses a name or version that differs from the definition', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { name: 'a', version: 2, definition: { name: 'b', version: 3, steps } });
  expect(answer.status).toBe(422);
  expect(issuesOf(answer.body)).toEqual(['/name mismatch', '/version mismatch']);
});

it('names every mistake where it stands in the body, and stores nothing', async () => {
  await using test = await startApi();
  const answer = await test.post(path, {
    name: 'not a name!',
    extra: 1,
    definition: { nope: 1, steps: [{ id: 'a', action: 'noop', b: 1 }] },
  });
  expect(answer.status).toBe(422);
  const pointers = answer.body.errors.map((issue) => issue.pointer).sort();
  expect(pointers).toEqual(['/definition/nope', '/definition/steps/0/b', '/extra', '/name']);
  for (const definition of [undefined, null, 'text', []]) {
    expect((await test.post(path, { name: 'w', definition })).status).toBe(422);
  }
  expect(test.store.calls).toEqual([]);
});

it('refuses a malformed idempotency key', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { definition: { name: 'w', steps } }, { 'idempotency-key': 'x'.repeat(256) });
  expect(issuesOf(answer.body)).toEqual([' invalid-idempotency-key']);
  expect((await test.post(path, { definition: { name: 'w', steps } }, { 'idempotency-key': 'x' })).status).toBe(201);
});
