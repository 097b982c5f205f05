import type { RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight } from './support/ledger.ts';
import { readMetrics } from './support/metrics.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

describe.each(backends())('two APIs and two workers with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    const slow = { promptIncludes: '[[slow', latencyMs: 700 };
    installation = await startInstallation({
      backend,
      apis: 2,
      workers: 2,
      script: { latencyMs: 20, rules: [slow] },
      env: { ORCHESTRATOR_WORKER_CONCURRENCY: '4' },
    });
  });
  afterAll(() => installation?.dispose());

  it('share the work, and every caller gets its own result', async () => {
    const steps = [ask('first', '{{input.marker}}'), ask('second', '{{input.marker}}')];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const api = installation.apis[index % 2] ?? installation.api;
        return api.post('/api/workflows/run', { workflow: workflow(steps), input: { marker: `m${index}` } });
      }),
    );
    for (const [index, answer] of answers.entries()) {
      expect(answer.status).toBe(200);
      expect((answer.body as RunResponse).output).toMatch(new RegExp(`^\\[\\[m${index}\\]\\] `));
    }
    expect(installation.upstream.summary().byMarker).toEqual(Object.fromEntries(answers.map((_, index) => [`m${index}`, 2])));
    const readings = await Promise.all(installation.workers.map(readMetrics));
    for (const { runs } of readings) expect(runs.finished).toBeGreaterThan(0);
    expect(readings.reduce((sum, { runs }) => sum + runs.claimed, 0)).toBe(40);
  });

  it('tell of a job and end it, whichever API took it', async () => {
    const [first, second] = installation.apis;
    if (first === undefined || second === undefined) throw new Error('there are two APIs');
    const waiter = first.post('/api/workflows/run', { workflow: workflow([ask('a', 'slow-1')]), userId: 'both' });
    await callInFlight(installation.upstream, 'slow-1');
    const { runs } = (await second.get('/api/workflows/runs?userId=both')).body as { runs: { runId: string }[] };
    const jobId = runs[0]?.runId ?? '';
    expect(await second.job(jobId)).toMatchObject({ status: 'running' });
    const answer = await waiter;
    expect(answer).toMatchObject({ status: 200, body: { success: true, runId: jobId } });
    expect(await second.job(jobId)).toMatchObject({ status: 'completed', output: (answer.body as RunResponse).output });

    const other = await first.submit(workflow([ask('a', 'slow-2'), { id: 'pause', action: 'delay', delayMs: 60_000 }]));
    await callInFlight(installation.upstream, 'slow-2');
    expect((await second.cancel(other)).status).toBe(202);
    expect(await first.finished(other)).toMatchObject({ status: 'cancelled' });
  });

  it('finish what a stopped worker gives back', async () => {
    const jobIds = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        installation.api.submit(workflow([ask('a', `slow-s${index}`), ask('b', `s${index}`)])),
      ),
    );
    await callInFlight(installation.upstream, 'slow-s0');
    const [leaving] = installation.workers;
    expect(await leaving?.kill('SIGTERM')).toEqual({ exitCode: 0, signal: null });
    const jobs = await Promise.all(jobIds.map((jobId) => installation.api.finished(jobId)));
    for (const job of jobs) {
      expect(job).toMatchObject({ status: 'completed' });
      expect(job.steps.map((step) => step.attempts.length)).toEqual([1, 1]);
    }
  });
});
