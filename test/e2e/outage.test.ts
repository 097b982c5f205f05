import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivatePostgres, startPrivatePostgres } from '../support/postgres.ts';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

describe.each(backends())('with the queue on %s and the database down', (backend) => {
  let postgres: PrivatePostgres;
  let installation: Installation;
  beforeAll(async () => {
    postgres = await startPrivatePostgres();
    const slow = { promptIncludes: '[[slow', latencyMs: 1_500 };
    installation = await startInstallation({ backend, postgresUrl: postgres.url, script: { rules: [slow] } });
  });
  afterAll(async () => {
    await installation?.dispose();
    await postgres?.dispose();
  });

  it('answers 503 with Retry-After, and finishes afterwards what was accepted before', async () => {
    const { api, upstream } = installation;
    const running = await api.submit(workflow([ask('first', 'slow-1'), ask('second', 'next-1')]));
    const waiting = await api.submit(workflow([{ id: 'pause', action: 'delay', delayMs: 2_500 }, ask('after', 'after-2')]));
    const sync = api.post('/api/workflows/run', { workflow: workflow([ask('only', 'slow-3')]) }, { prefer: 'wait=1' });
    await callInFlight(upstream, 'slow-1');
    await callInFlight(upstream, 'slow-3');
    await api.jobWhen(waiting, ({ status }) => status === 'waiting');
    await postgres.crash();

    const key = { 'idempotency-key': 'during' };
    const refused = await Promise.all([
      api.post('/api/workflows/run', { workflow: workflow([ask('only', 'refused')]) }, key),
      api.post('/api/ai/generate', { prompt: '[[refused]]' }),
      api.post('/api/workflows/create', { definition: workflow([ask('only', 'refused')]) }),
      api.send('POST', `/api/jobs/${running}/cancel`),
      api.get(`/api/jobs/${running}`),
      api.get('/api/workflows/runs'),
      api.get('/api/workflows/list'),
      api.get('/readyz'),
    ]);
    for (const answer of refused) {
      expect(answer.body).toMatchObject({ code: 'store-unavailable', retryable: true });
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect((await api.get('/livez')).status).toBe(200);
    // It was accepted, so the answer to its caller is no failure.
    expect(await sync).toMatchObject({ status: 202, body: { success: false, runId: expect.any(String) } });
    // The vendor answers while there is nowhere to store it.
    for (const marker of ['slow-1', 'slow-3'])
      await expect.poll(() => callsOf(upstream, marker)[0]?.isFullySent, { timeout: 5_000 }).toBe(true);

    await postgres.start();
    const retry = () => api.post('/api/workflows/run', { workflow: workflow([ask('only', 'refused')]) }, key);
    await expect.poll(async () => (await retry()).status, { timeout: 15_000 }).toBe(200);
    const syncJobId = ((await sync).body as { runId: string }).runId;
    for (const jobId of [running, waiting, syncJobId]) {
      expect(await api.finished(jobId)).toMatchObject({ status: 'completed', degraded: false });
    }
    // No call was repeated: the worker lived and kept what it had.
    for (const marker of ['slow-1', 'next-1', 'after-2', 'slow-3', 'refused'])
      expect(callsOf(upstream, marker), marker).toHaveLength(1);
    await expect.poll(async () => (await api.get('/readyz')).status, { timeout: 10_000 }).toBe(200);
  });
});
