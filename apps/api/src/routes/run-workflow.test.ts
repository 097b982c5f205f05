import type { StepRecord } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { completed, generateStep, issuesOf, replyTo, startApi } from '../testing/start-api.ts';

const path = '/api/workflows/run';
const workflow = {
  name: 'demo',
  version: 3,
  maxCostUSD: 0.5,
  priority: 'low',
  timeoutMs: 60_000,
  'x-note': 'kept',
  steps: [{ id: 'generate', action: 'generate', input: { prompt: 'About {{input.topic}}' } }],
};

it('runs an inline workflow and answers with it', async () => {
  await using test = await startApi();
  const error = { name: 'Provider.Overloaded' as const, message: 'busy', retryable: true, attempt: 1 };
  const steps: StepRecord[] = [
    {
      path: 'after',
      visit: 1,
      ordinal: 2,
      action: 'noop',
      status: 'skipped',
      skipReason: 'condition',
      condition: false,
      attempts: [],
      costNanoUsd: 0,
      latencyMs: 0,
    },
    generateStep({
      attempts: [
        { attempt: 1, outcome: 'failed', latencyMs: 50, provider: 'sandbox', costNanoUsd: 0, costBasis: 'none', error },
        { attempt: 2, outcome: 'succeeded', latencyMs: 800, costNanoUsd: 2_400_000, costBasis: 'catalogue' },
      ],
    }),
  ];
  test.finishRuns({ ...completed, acceptedAtMs: 1_700_000_000_000, steps });
  const answer = await test.post(path, { workflow, input: { topic: 'bees' }, userId: 'u' });
  const run = test.store.accepted[0];
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    success: true,
    runId: run?.id,
    status: 'completed',
    degraded: false,
    steps: [
      {
        id: 'generate',
        visit: 1,
        action: 'generate',
        status: 'completed',
        output: 'Hello.',
        provider: 'sandbox',
        model: 'sandbox-1',
        usage: { promptTokens: 10, completionTokens: 50, totalTokens: 60 },
        costUSD: 0.0024,
        latencyMs: 850,
        attempts: [
          { attempt: 1, outcome: 'failed', latencyMs: 50, provider: 'sandbox', costUSD: 0, costBasis: 'none', error },
          { attempt: 2, outcome: 'succeeded', latencyMs: 800, costUSD: 0.0024, costBasis: 'catalogue' },
        ],
      },
      {
        id: 'after',
        visit: 1,
        action: 'noop',
        status: 'skipped',
        skipReason: 'condition',
        condition: false,
        costUSD: 0,
        latencyMs: 0,
        attempts: [],
      },
    ],
    output: 'Hello.',
    totalCostUSD: 0.0024,
    totalLatencyMs: 1_500,
  });
  expect(run).toMatchObject({
    kind: 'workflow',
    workflowName: 'demo',
    workflowVersion: 3,
    definition: workflow,
    definitionSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    input: { topic: 'bees' },
    priority: 'low',
    maxCostNanoUsd: 500_000_000,
    timeoutMs: 60_000,
    userId: 'u',
    replyTo,
  });
});

it('answers 200 with success false when the run fails', async () => {
  await using test = await startApi();
  const error = { name: 'Provider.Auth' as const, message: 'no key', retryable: false };
  test.finishRuns({
    status: 'failed',
    error,
    finishedAtMs: 1_700_000_009_000,
    steps: [generateStep({ status: 'failed', error })],
  });
  const answer = await test.post(path, { workflow });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ success: false, status: 'failed', error, steps: [{ id: 'generate', status: 'failed' }] });
});

it('answers 202 at once with the same envelope when asked to', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { workflow }, { prefer: 'respond-async' });
  const id = test.store.accepted[0]?.id;
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/api/jobs/${id}`);
  expect(answer.body).toEqual({
    success: false,
    runId: id,
    status: 'queued',
    degraded: false,
    steps: [],
    totalCostUSD: 0,
    totalLatencyMs: 0,
  });
});

it('gives the request priority over the definition and keeps any JSON as input', async () => {
  await using test = await startApi();
  for (const input of [null, 0, 'text', [1], { a: { b: [] } }]) {
    await test.post(path, { workflow, input, priority: 'high' }, { prefer: 'respond-async' });
    expect(test.store.accepted.at(-1)).toMatchObject({ input, priority: 'high' });
  }
  await test.post(path, { workflow }, { prefer: 'respond-async' });
  expect(test.store.accepted.at(-1)?.input).toEqual({});
});

it('gives equal definitions one hash, however they are written', async () => {
  await using test = await startApi();
  await test.post(path, `{"workflow":{"name":"a","steps":[{"id":"s","action":"noop"}]}}`, { prefer: 'respond-async' });
  await test.post(path, `{"workflow":{"steps":[{"action":"noop", "id":"\\u0073"}], "name":"a"}}`, { prefer: 'respond-async' });
  await test.post(path, `{"workflow":{"steps":[{"action":"noop", "id":"t"}], "name":"a"}}`, { prefer: 'respond-async' });
  const hashes = test.store.accepted.map((run) => run.definitionSha256);
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[2]).not.toBe(hashes[0]);
});

it('runs a saved workflow', async () => {
  await using test = await startApi();
  const { body } = await test.post('/api/workflows/create', { definition: workflow });
  test.finishRuns(completed);
  const answer = await test.post(path, { workflowId: body.workflowId, input: { topic: 'x' } });
  expect(answer.status).toBe(200);
  expect(test.store.accepted[0]).toMatchObject({
    workflowId: body.workflowId,
    workflowName: 'demo',
    workflowVersion: 3,
    definition: workflow,
    maxCostNanoUsd: 500_000_000,
  });
});

it('answers 404 to an unknown workflow', async () => {
  await using test = await startApi();
  const answer = await test.post(path, { workflowId: '0190a000-0000-7000-8000-000000000000' });
  expect([answer.status, answer.body.code]).toEqual([404, 'not-found']);
});

it('names every mistake of body and workflow at once, relative to the body, and stores nothing', async () => {
  await using test = await startApi();
  const answer = await test.post(path, {
    foo: 1,
    userId: 7,
    workflow: {
      name: 'demo',
      colour: 'red',
      steps: [
        { id: 'a', action: 'noop', 'a/b': 1 },
        { id: 'b', action: 'teleport' },
      ],
    },
  });
  expect(answer.status).toBe(422);
  const pointers = answer.body.errors.map((issue) => issue.pointer);
  expect(pointers).toEqual(
    expect.arrayContaining(['/foo', '/userId', '/workflow/colour', '/workflow/steps/0/a~1b', '/workflow/steps/1/action']),
  );
  expect(test.store.calls).toEqual([]);
});

it('wants exactly one of workflow and workflowId', async () => {
  await using test = await startApi();
  for (const body of [{}, { workflow, workflowId: '0190a000-0000-7000-8000-000000000000' }]) {
    const answer = await test.post(path, body);
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body)).toEqual([' invalid']);
  }
  expect(issuesOf((await test.post(path, { workflowId: 'x', foo: 1 })).body)).toEqual([
    '/foo unknown-field',
    '/workflowId wrong-format',
  ]);
});
