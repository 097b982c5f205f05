import { randomUUID } from 'node:crypto';
import { createStore } from '@orchestrator/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type EventReader, idsOf, isEnd, isToken, readEvents, textOf, typesOf } from './support/events.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

/** 2,000 output tokens of gpt-4o-mini are $0.0012, 500 are $0.0003. */
const thresholdUSD = 0.0006;

describe.each(backends())('live events of jobs with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({
      backend,
      keysOf: 'all',
      env: { ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: String(thresholdUSD) },
      script: {
        rules: [
          { promptIncludes: '[[slow', latencyMs: 4_000 },
          { promptIncludes: '[[hang', fault: { type: 'hang', at: 'in-body' } },
        ],
      },
    });
  });
  afterAll(() => installation?.dispose());

  const eventsOf = (jobId: string, query = ''): Promise<EventReader> =>
    readEvents(`${installation.api.url}/api/jobs/${jobId}/events${query}`);

  it('tells of a job that waits, and goes on after it', async () => {
    const steps = [ask('one', 'nap-1'), { id: 'nap', action: 'delay', delayMs: 3_000 }, ask('two', 'nap-2')];
    const jobId = await installation.api.submit(workflow(steps));
    await using reader = await eventsOf(jobId);
    const events = await reader.toEnd();
    expect(typesOf(events)).toEqual([
      ...['run-accepted', 'run-started', 'step-started', 'token', 'step-completed', 'step-waiting', 'run-parked'],
      ...['run-resumed', 'step-completed', 'step-started', 'token', 'step-completed', 'run-completed'],
    ]);
    expect(events.find(({ event }) => event.type === 'run-resumed')?.event).toMatchObject({ epoch: 2, isTakeover: false });
    const job = await installation.api.finished(jobId);
    for (const id of ['one', 'two']) expect(textOf(events, id)).toBe(job.steps.find((step) => step.id === id)?.output);
  });

  it('asks for an approval in the stream, and goes on when it is given', async () => {
    await using reader = await readEvents(`${installation.api.url}/api/ai/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: '[[dear]] Say something.', provider: 'openai', model: 'gpt-4o-mini', maxTokens: 2_000 }),
    });
    const asked = await reader.until(({ type }) => type === 'approval-requested');
    if (asked.type !== 'approval-requested') throw new Error('unreachable');
    expect(asked).toMatchObject({ stepId: 'generate', provider: 'openai', model: 'gpt-4o-mini', thresholdUSD });
    await reader.until(({ type }) => type === 'run-parked');
    const approved = await installation.api.post(`/api/approvals/${asked.approvalId}/approve`, { decidedBy: 'Ada' });
    expect(approved.status).toBe(200);
    const events = await reader.toEnd();
    expect(typesOf(events)).toEqual([
      ...['run-accepted', 'run-started', 'step-started', 'approval-requested', 'run-parked'],
      ...['approval-approved', 'run-resumed', 'token', 'step-completed', 'run-completed'],
    ]);
    expect(events.find(({ event }) => event.type === 'approval-approved')?.event).toMatchObject({ decidedBy: 'Ada' });
    expect(events.at(-1)?.event).toMatchObject({ result: { content: textOf(events, 'generate') } });
  });

  it.each([
    ['a call', [ask('one', 'hang-1')], isToken, ['step-cancelled', 'run-cancelled']],
    [
      'a delay',
      [{ id: 'nap', action: 'delay', delayMs: 600_000 }],
      ({ type }: { type: string }) => type === 'run-parked',
      ['run-resumed', 'step-cancelled', 'run-cancelled'],
    ],
  ] as const)('ends with run-cancelled when the job is cancelled during %s', async (_, steps, isThere, end) => {
    const jobId = await installation.api.submit(workflow(steps));
    await using reader = await eventsOf(jobId);
    await reader.until(isThere);
    const seen = reader.read.length;
    await installation.api.cancel(jobId);
    const events = await reader.toEnd();
    expect(typesOf(events.slice(seen)).filter((type) => type !== 'token' && type !== 'step-attempt-abandoned')).toEqual(end);
    expect(events.at(-1)?.event).toMatchObject({
      type: 'run-cancelled',
      error: { name: 'Run.Cancelled' },
      result: { runId: jobId, status: 'cancelled', success: false },
    });
  });

  it('knows nothing of a job of another tenant', async () => {
    const store = createStore({ connection: { type: 'postgres', url: installation.databaseUrl } });
    const id = randomUUID();
    try {
      const kind = 'generate';
      await store.acceptRun({
        ...{ id, kind, tenantId: 'other', requestId: 'r', workflowName: kind, priority: 'normal', timeoutMs: 60_000 },
        input: { prompt: 'secret' },
      });
    } finally {
      await store.close();
    }
    for (const path of [`/api/jobs/${id}`, `/api/jobs/${id}/events`, `/api/jobs/${randomUUID()}/events`]) {
      expect(await installation.api.get(path)).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
  });

  it('streams the calls of a run that nobody watched from its start only while somebody does', async () => {
    const { api, upstream } = installation;
    const answer = api.post('/api/workflows/run', {
      workflow: workflow([ask('one', 'slow-1'), ask('two', 'watched')]),
      userId: 'late',
    });
    await callInFlight(upstream, 'slow-1');
    const { runs } = (await api.get('/api/workflows/runs?userId=late')).body as { runs: { runId: string }[] };
    await using reader = await eventsOf(runs[0]?.runId ?? '');
    const events = await reader.toEnd();
    expect(typesOf(events)).toEqual([
      ...['run-accepted', 'run-started', 'step-started', 'step-completed'],
      ...['step-started', 'token', 'step-completed', 'run-completed'],
    ]);
    const { body } = await answer;
    expect(events.at(-1)?.event).toMatchObject({ result: body });
    expect(textOf(events, 'two')).toBe((body as { output: string }).output);

    const alone = await api.run(workflow([ask('one', 'alone')]));
    await using late = await eventsOf(alone.runId);
    expect((await late.toEnd()).some(({ event }) => isToken(event))).toBe(false);
  });

  it('replays a job that has ended to those who ask from the start, and says to others that nothing comes', async () => {
    const { api } = installation;
    const jobId = await api.submit(workflow([ask('one', 'ended')]));
    const job = await api.finished(jobId);
    await using reader = await eventsOf(jobId);
    const events = await reader.toEnd();
    expect(events.map(({ event }) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(textOf(events, 'one')).toBe(job.steps[0]?.output);
    expect(isEnd((events.at(-1) as (typeof events)[number]).event)).toBe(true);
    await using resumed = await eventsOf(jobId, `?lastEventId=${idsOf(events).at(-2)}`);
    expect(idsOf(await resumed.toEnd())).toEqual(idsOf(events.slice(-1)));
    await using nothing = await eventsOf(jobId, `?lastEventId=${idsOf(events).at(-1)}`);
    expect(nothing.status).toBe(204);
    await using only = await eventsOf(jobId, '?types=step-completed');
    expect((await only.toEnd()).map(({ event }) => event.type)).toEqual(['step-completed', 'run-completed']);
  });
});
