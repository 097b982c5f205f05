import { expect, it } from 'vitest';
import { startApi } from '../testing/start-api.ts';

const path = '/api/workflows/validate';

it('answers 200 to a valid workflow', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { workflow: { name: 'w', steps: [{ id: 'a', action: 'noop' }] } });
  expect([answer.status, answer.body]).toEqual([200, { valid: true, warnings: [] }]);
});

it('answers 422 naming every mistake, relative to the body', async () => {
  await using test = await startApi();
  const answer = await test.post(path, {
    more: 1,
    workflow: {
      name: 'w',
      steps: [
        { id: 'a', action: 'noop', onSuccess: 'nowhere' },
        { id: 'a', action: 'generate', input: { prompt: '{{#if' } },
      ],
    },
  });
  expect(answer.status).toBe(422);
  const pointers = answer.body.errors.map((issue) => issue.pointer);
  expect(pointers).toEqual(
    expect.arrayContaining(['/more', '/workflow/steps/0/onSuccess', '/workflow/steps/1/id', '/workflow/steps/1/input/prompt']),
  );
  expect((await test.post(path, {})).body.errors).toEqual([{ pointer: '/workflow', code: 'required', message: 'is missing' }]);
  expect(test.store.calls).toEqual([]);
});
