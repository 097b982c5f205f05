import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startApi, type TestApi } from '../testing/start-api.ts';

const paths = ['/api/ai/generate', '/api/workflows/run', '/api/workflows/create', '/api/workflows/validate'] as const;
const later = { prefer: 'respond-async' };

/** JSON whose keys are often those of real requests, so that it gets past the first checks. */
const key = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      'prompt',
      'workflow',
      'definition',
      'name',
      'version',
      'steps',
      'id',
      'action',
      'input',
      'when',
      'retry',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'onSuccess',
      'onFailure',
      'set',
      'delayMs',
      'until',
      'timeoutMs',
      'maxCostUSD',
      'workflowId',
      'userId',
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'x-a', '', 'a/b~c') },
  { weight: 1, arbitrary: fc.string() },
);
const leaf = fc.oneof(
  fc.constantFrom(
    'generate',
    'noop',
    'delay',
    'transform',
    'fail',
    '{{input.a}}',
    '{{#each a}}',
    '{{',
    'a ==',
    'size(input) > 1',
    'end',
    'a',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
}));
const step = fc.record(
  {
    id: fc.constantFrom('a', 'b', 'end', ''),
    action: leaf,
    input: value,
    when: leaf,
    onSuccess: leaf,
    onFailure: leaf,
    retry: value,
    set: value,
    delayMs: leaf,
  },
  { requiredKeys: ['id', 'action'] },
);
const workflow = fc.record(
  { name: fc.constantFrom('w', ''), version: leaf, steps: fc.array(step, { maxLength: 4 }), defaults: value },
  { requiredKeys: ['name', 'steps'] },
);
const body = fc.oneof(
  value,
  fc.dictionary(key, value, { maxKeys: 6 }),
  fc.record({ workflow, definition: workflow, prompt: leaf, input: value, priority: leaf }, { requiredKeys: [] }),
);

async function isAnswered(test: TestApi, path: string, text: string): Promise<void> {
  const answer = await test.post(path, text, later);
  expect([200, 201, 202, 400, 404, 409, 422], `${path} ${text}`).toContain(answer.status);
  if (answer.status >= 400) expect(answer.body.status).toBe(answer.status);
}

it('never answers 5xx to JSON of any shape', async () => {
  await using test = await startApi();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, (path, json) => isAnswered(test, path, JSON.stringify(json) ?? 'null')),
    { numRuns: 400 },
  );
  expect(test.log.filter((line) => line.level === 'error')).toEqual([]);
}, 30_000);

it('never answers 5xx to bytes of any kind', async () => {
  await using test = await startApi();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), fc.uint8Array({ maxLength: 200 }), async (path, bytes) => {
      const answer = await test.send('POST', path, { body: bytes });
      expect([400, 422]).toContain(answer.status);
    }),
    { numRuns: 150 },
  );
}, 30_000);

it('never answers 5xx to paths, queries and header values of any kind', async () => {
  await using test = await startApi();
  const text = fc.string({ maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/api/jobs/', '/api/workflows/runs?', '/api/workflows/list?limit=', '/'),
      text,
      text,
      async (base, path, header) => {
        const safe = encodeURI(path.toWellFormed()).replaceAll('#', '');
        const value = header.replaceAll(/[^\x20-\x7e]/g, '').trim();
        const answer = await test.get(`${base}${safe}`, {
          prefer: value,
          'x-request-id': value,
          'idempotency-key': value,
          traceparent: value,
        });
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: 200 },
  );
}, 30_000);
