import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { readMetrics } from './support/metrics.ts';
import { workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const done = { id: 'done', action: 'transform', set: 'through' };
const pause = (fields: object, id = 'pause') => ({ id, action: 'delay', ...fields });

describe.each(backends())('with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({ backend, env: { ORCHESTRATOR_WORKER_CONCURRENCY: '1' } });
  });
  afterAll(() => installation?.dispose());

  it('keeps the worker for a short delay', async () => {
    const started = performance.now();
    const run = await installation.api.run(workflow([pause({ delayMs: '{{input.ms}}' }), done]), { input: { ms: 600 } });
    expect(performance.now() - started).toBeGreaterThanOrEqual(595);
    expect(run).toMatchObject({
      status: 'completed',
      output: 'through',
      steps: [{ id: 'pause', status: 'completed', output: null }, {}],
    });
    expect((await readMetrics(installation.worker)).runs).toMatchObject({ parked: 0 });
  });

  it('gives up its slot for a long delay, and goes on when it is over', async () => {
    const { api } = installation;
    const untilMs = Date.now() + 2_700;
    const short = await api.submit(workflow([pause({ until: '{{input.at}}' }), done]), {
      input: { at: new Date(untilMs).toISOString() },
    });
    const long = await api.submit(workflow([pause({ delayMs: 86_400_000 }), done]));
    const waiting = await Promise.all([short, long].map((id) => api.jobWhen(id, ({ status }) => status === 'waiting')));
    expect(waiting[0]?.steps).toMatchObject([{ id: 'pause', status: 'waiting', dueAt: new Date(untilMs).toISOString() }]);
    expect(Date.parse(waiting[1]?.steps[0]?.dueAt ?? '') - Date.parse(waiting[1]?.startedAt ?? '')).toBeGreaterThanOrEqual(
      86_400_000,
    );

    // The only slot is free: another run gets through while both wait.
    expect(await api.run(workflow([done]))).toMatchObject({ status: 'completed' });
    expect((await readMetrics(installation.worker)).runs).toMatchObject({ active: 0, parked: 2 });

    const job = await api.finished(short);
    expect(job).toMatchObject({ status: 'completed', output: 'through' });
    const lateMs = Date.parse(job.finishedAt ?? '') - untilMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(3_000);
    expect((await api.job(long)).status).toBe('waiting');
    await api.cancel(long);
    await api.finished(long);
  });

  it('is over at once when its moment has passed, and fails on what is no time', async () => {
    const past = await installation.api.run(
      workflow([pause({ until: '2020-01-01T00:00:00Z' }), pause({ delayMs: 0 }, 'none'), done]),
    );
    expect(past).toMatchObject({ status: 'completed', output: 'through' });
    const wrong = await installation.api.run(workflow([pause({ delayMs: '{{input.ms}}' })]), { input: { ms: 'soon' } });
    expect(wrong).toMatchObject({ status: 'failed', error: { name: 'Step.SchemaInvalid' } });
  });
});
