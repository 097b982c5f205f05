import type { ApprovalView } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Answer, issuesOf } from './support/client.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

/** 1,000 output tokens of gpt-4o-mini are $0.0006, 100 are $0.00006. */
const thresholdUSD = 0.0003;
const dear = (marker: string) => ({
  prompt: `[[${marker}]] Say something.`,
  provider: 'openai',
  model: 'gpt-4o-mini',
  maxTokens: 1_000,
});

interface Waiting {
  readonly jobId: string;
  readonly status: string;
  readonly approval: { readonly id: string; readonly links: { readonly approve: string; readonly reject: string } };
}

describe.each(backends())('with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation({
      backend,
      script: {},
      env: { ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: String(thresholdUSD), ORCHESTRATOR_GENERATE_CONCURRENCY: '1' },
    });
  });
  afterAll(() => installation?.dispose());

  /** Submits and waits as every client does; the answer must come long before the server's wait of 30 s is over. */
  async function submitDear(marker: string, fields: object = {}): Promise<Waiting> {
    const startedAt = Date.now();
    const answer = await installation.api.post('/api/ai/generate', { ...dear(marker), ...fields });
    expect(answer.body).toMatchObject({ success: false, status: 'waiting_approval' });
    expect(answer.status).toBe(202);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    const waiting = answer.body as Waiting;
    expect(answer.headers.get('location')).toBe(`/api/jobs/${waiting.jobId}`);
    expect(callsOf(installation.upstream, marker)).toHaveLength(0);
    return waiting;
  }

  const decide = (link: string, body?: object): Promise<Answer> =>
    installation.api.send('POST', link, body === undefined ? {} : { body });

  it('answers at once, holds no slot, and completes after the approval', async () => {
    const { api, upstream } = installation;
    const { jobId, approval } = await submitDear('approve-1');
    expect(approval).toMatchObject({ thresholdUSD, estimatedCostUSD: expect.any(Number), expiresAt: expect.any(String) });
    expect(await api.job(jobId)).toMatchObject({ status: 'waiting_approval', approval: { id: approval.id } });

    // The only slot for generate runs is free.
    const small = { ...dear('small-1'), maxTokens: 100 };
    expect((await api.post('/api/ai/generate', small)).status).toBe(200);

    const pending = (await api.get('/api/approvals?status=pending')).body as { approvals: ApprovalView[] };
    expect(pending.approvals.map(({ id }) => id)).toContain(approval.id);
    const answer = await decide(approval.links.approve, { decidedBy: 'Ada', note: 'Go on.' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'approved', decidedBy: 'Ada', note: 'Go on.', jobId });
    const job = await api.finished(jobId);
    expect(job).toMatchObject({ status: 'completed', result: { success: true, provider: 'openai' } });
    expect(callsOf(upstream, 'approve-1')).toHaveLength(1);

    const late = await decide(approval.links.reject);
    expect(late.status).toBe(409);
    expect((await api.get(`/api/approvals/${approval.id}`)).body).toMatchObject({ status: 'approved' });
  });

  it('fails the run after a rejection, and a workflow can go on from there', async () => {
    const { api, upstream } = installation;
    const { jobId, approval } = await submitDear('reject-1');
    expect((await decide(approval.links.reject)).body).toMatchObject({ status: 'rejected' });
    expect(await api.finished(jobId)).toMatchObject({ status: 'failed', error: { name: 'Approval.Rejected' }, totalCostUSD: 0 });
    expect(callsOf(upstream, 'reject-1')).toHaveLength(0);

    const steps = [
      ask('dear', 'reject-2', { input: { prompt: '[[reject-2]]', maxTokens: 1_000 }, onFailure: 'instead' }),
      { id: 'instead', action: 'transform', set: '{{error.name}}' },
    ];
    const answer = await api.post('/api/workflows/run', { workflow: workflow(steps) });
    expect(answer.status).toBe(202);
    const waiting = answer.body as { runId: string; approval: Waiting['approval'] };
    await decide(waiting.approval.links.reject);
    expect(await api.finished(waiting.runId)).toMatchObject({ status: 'completed', degraded: true, output: 'Approval.Rejected' });
  });

  it('takes one of many decisions that come at once', async () => {
    const { jobId, approval } = await submitDear('race-1');
    const links = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? approval.links.approve : approval.links.reject));
    const answers = await Promise.all(links.map((link) => decide(link)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    const decided = answers.find(({ status }) => status === 200)?.body as ApprovalView;
    const job = await installation.api.finished(jobId);
    expect(job.status).toBe(decided.status === 'approved' ? 'completed' : 'failed');
    expect(callsOf(installation.upstream, 'race-1')).toHaveLength(decided.status === 'approved' ? 1 : 0);
  });

  it('is over when the run is cancelled', async () => {
    const { api } = installation;
    const { jobId, approval } = await submitDear('cancel-1');
    await api.cancel(jobId);
    expect(await api.finished(jobId)).toMatchObject({ status: 'cancelled' });
    await expect
      .poll(async () => (await api.get(`/api/approvals/${approval.id}`)).body, { timeout: 10_000 })
      .toMatchObject({ status: 'cancelled' });
    expect((await decide(approval.links.approve)).status).toBe(409);
  });

  it('asks where no price is known', async () => {
    const { api, upstream } = installation;
    const { jobId, approval } = await submitDear('unknown-1', { model: 'gpt-of-tomorrow', maxTokens: 10 });
    expect(approval).toMatchObject({ estimatedCostUSD: null });
    await decide(approval.links.approve);
    expect(await api.finished(jobId)).toMatchObject({ status: 'completed' });
    expect(callsOf(upstream, 'unknown-1')).toHaveLength(1);
  });

  it('refuses what it does not know', async () => {
    const { api } = installation;
    expect((await api.get('/api/approvals/x')).status).toBe(404);
    expect((await api.send('POST', '/api/approvals/0190a000-0000-7000-8000-0000000000ff/approve')).status).toBe(404);
    expect(issuesOf(await api.get('/api/approvals?status=open'))).toEqual(['/status not-allowed']);
  });
});

it('expires when nobody decides in time', async () => {
  const installation = await startInstallation({
    script: {},
    keysOf: 'all',
    env: { ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: String(thresholdUSD), ORCHESTRATOR_APPROVAL_TIMEOUT_MS: '1000' },
  });
  try {
    const answer = await installation.api.post('/api/ai/generate', dear('expire-1'));
    expect(answer.status).toBe(202);
    const { jobId, approval } = answer.body as Waiting;
    expect(await installation.api.finished(jobId)).toMatchObject({ status: 'failed', error: { name: 'Approval.Expired' } });
    expect((await installation.api.get(`/api/approvals/${approval.id}`)).body).toMatchObject({ status: 'expired' });
    expect((await installation.api.send('POST', approval.links.approve)).status).toBe(409);
    expect(callsOf(installation.upstream, 'expire-1')).toHaveLength(0);
  } finally {
    await installation.dispose();
  }
});
