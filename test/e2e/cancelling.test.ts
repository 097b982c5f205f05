import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

/** The promise: no new call and no call in flight later than this after the cancellation was answered. */
const cancelLimitMs = 2_000;

describe.each(backends())('with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    const hang = { promptIncludes: '[[hang', fault: { type: 'hang' as const, at: 'before-headers' as const } };
    installation = await startInstallation({
      backend,
      script: { rules: [hang] },
      env: { ORCHESTRATOR_WORKER_CONCURRENCY: '1', ORCHESTRATOR_GENERATE_CONCURRENCY: '1' },
    });
  });
  afterAll(() => installation?.dispose());

  it('aborts the call in flight and makes no other', async () => {
    const { api, upstream } = installation;
    const jobId = await api.submit(workflow([ask('first', 'hang-1'), ask('second', 'after-1')]));
    const call = await callInFlight(upstream, 'hang-1');
    const cancelledAt = Date.now();
    const answer = await api.cancel(jobId);
    expect([answer.status, answer.body.cancelRequested]).toEqual([202, true]);
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ success: false, status: 'cancelled', error: { name: 'Run.Cancelled' } });
    expect(job.steps).toMatchObject([
      { id: 'first', status: 'cancelled', attempts: [{ outcome: 'abandoned', costBasis: 'reserved' }] },
    ]);
    // Nobody will learn what the vendor charges for an aborted call, so the most it can be is booked.
    expect(job.totalCostUSD).toBeGreaterThanOrEqual(call.chargedNanoUsd / 1e9);
    await expect.poll(() => call.isClientGone).toBe(true);
    expect(call.atMs + (call.closedAfterMs ?? 0) - cancelledAt).toBeLessThan(cancelLimitMs);
    expect(callsOf(upstream, 'hang-1')).toHaveLength(1);
    expect(callsOf(upstream, 'after-1')).toHaveLength(0);
  });

  it('ends a queued run before it ever calls', async () => {
    const { api, upstream } = installation;
    const holder = await api.submit(workflow([ask('holds-the-slot', 'hang-2')]));
    await callInFlight(upstream, 'hang-2');
    const queued = await api.submit(workflow([ask('never', 'never-2')]));
    expect((await api.job(queued)).status).toBe('queued');
    expect((await api.cancel(queued)).body).toMatchObject({ cancelRequested: true });
    await api.cancel(holder);
    expect(await api.finished(queued)).toMatchObject({ status: 'cancelled', steps: [], totalCostUSD: 0 });
    expect(callsOf(upstream, 'never-2')).toHaveLength(0);
  });

  it('ends a waiting run, a second time changes nothing, and a finished run stays as it is', async () => {
    const { api, upstream } = installation;
    const steps = [{ id: 'pause', action: 'delay', delayMs: 3_600_000 }, ask('later', 'never-3')];
    const jobId = await api.submit(workflow(steps));
    await api.jobWhen(jobId, (job) => job.status === 'waiting');
    const cancelledAt = Date.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.cancel(jobId)));
    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'cancelled', steps: [{ id: 'pause', status: 'cancelled' }] });
    expect(Date.parse(job.finishedAt ?? '') - cancelledAt).toBeLessThan(cancelLimitMs);
    const again = await api.cancel(jobId);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ status: 'cancelled', finishedAt: job.finishedAt });
    expect(callsOf(upstream, 'never-3')).toHaveLength(0);
  });

  it('answers the caller who waits for a generate call with 409', async () => {
    const { api, upstream } = installation;
    const waiting = api.post('/api/ai/generate', { prompt: '[[hang-4]]', provider: 'openai', maxTokens: 9, userId: 'waits' });
    const call = await callInFlight(upstream, 'hang-4');
    const runs = (await api.get('/api/workflows/runs?userId=waits')).body as { runs: { runId: string }[] };
    await api.cancel(runs.runs[0]?.runId ?? '');
    const answer = await waiting;
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'run-failed', error: { name: 'Run.Cancelled' } });
    await expect.poll(() => call.isClientGone).toBe(true);
  });

  it('knows no job of that name', async () => {
    for (const id of ['00000000-0000-7000-8000-000000000000', 'x', '%00', "'; drop table", '../livez']) {
      const answer = await installation.api.send('POST', `/api/jobs/${encodeURIComponent(id)}/cancel`);
      expect([answer.status, (answer.body as { code: string }).code], id).toEqual([404, 'not-found']);
    }
  });
});
