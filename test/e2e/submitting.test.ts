import type { GenerateResponse, RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { backends, type Installation, startInstallation } from './support/installation.ts';
import { callInFlight, callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe.each(backends())('with the queue on %s', (backend) => {
  let installation: Installation;
  beforeAll(async () => {
    const slow = { promptIncludes: '[[slow', latencyMs: 1_500 };
    const failing = {
      promptIncludes: '[[limited]]',
      fault: { type: 'status' as const, status: 429, headers: { 'retry-after': '7' } },
    };
    installation = await startInstallation({
      backend,
      script: { rules: [slow, failing], recordRequests: true },
      env: { ORCHESTRATOR_MAX_RETRIES: '0' },
    });
  });
  afterAll(() => installation?.dispose());

  it('answers a generate request with the vendor’s text, usage and cost', async () => {
    const request = {
      prompt: '[[plain]] Explain quantum computing',
      systemPrompt: 'You are a helpful physics teacher',
      temperature: 0.7,
      maxTokens: 500,
      provider: 'openai',
      model: 'gpt-4o-mini',
      userId: 'user-123',
      priority: 'normal',
    };
    const answer = await installation.api.post('/api/ai/generate', request, { 'x-request-id': 'mine-1' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toBe('mine-1');
    const body = answer.body as GenerateResponse;
    const [call] = callsOf(installation.upstream, 'plain');
    expect(Object.keys(body).sort()).toEqual(
      ['content', 'costUSD', 'finishReason', 'latencyMs', 'model', 'provider', 'requestId', 'success', 'usage'].sort(),
    );
    expect(body).toMatchObject({
      success: true,
      provider: 'openai',
      model: 'gpt-4o-mini',
      requestId: expect.stringMatching(uuid),
    });
    expect(body.content).toMatch(/^\[\[plain\]\] Scripted answer/);
    expect(body.usage).toEqual({
      promptTokens: call?.usage?.input,
      completionTokens: call?.usage?.output,
      totalTokens: (call?.usage?.input ?? 0) + (call?.usage?.output ?? 0),
    });
    expect(body.costUSD).toBe((call?.chargedNanoUsd ?? 0) / 1e9);
    expect(call?.request).toMatchObject({ temperature: 0.7, messages: [{ role: 'system' }, { role: 'user' }] });

    const job = await installation.api.job(body.requestId);
    expect(job).toMatchObject({ kind: 'generate', status: 'completed', userId: 'user-123', requestId: 'mine-1', result: body });
  });

  it('answers 202 at once to respond-async, and the job shows the result when polled', async () => {
    const request = { prompt: '[[slow-async]]', provider: 'openai', maxTokens: 20 };
    const answer = await installation.api.post('/api/ai/generate', request, { prefer: 'respond-async' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    const { jobId } = answer.body as { jobId: string };
    expect(answer.body).toEqual({ success: false, requestId: jobId, jobId, status: 'queued' });
    expect(answer.headers.get('location')).toBe(`/api/jobs/${jobId}`);
    await callInFlight(installation.upstream, 'slow-async');
    expect(await installation.api.job(jobId)).toMatchObject({ success: false, status: 'running' });
    const job = await installation.api.finished(jobId);
    expect(job).toMatchObject({
      success: true,
      kind: 'generate',
      status: 'completed',
      result: { success: true, requestId: jobId },
    });
    expect(job.totalCostUSD).toBe(job.result?.costUSD);
  });

  it('waits as long as it is told: 202 after the time, 200 when the result comes before', async () => {
    const submit = (wait: number, marker: string) =>
      installation.api.post('/api/workflows/run', { workflow: workflow([ask('only', marker)]) }, { prefer: `wait=${wait}` });
    const [short, long, none] = await Promise.all([submit(1, 'slow-1'), submit(20, 'slow-2'), submit(0, 'slow-3')]);
    expect([short.status, long.status, none.status]).toEqual([202, 200, 202]);
    expect(long.headers.get('preference-applied')).toBe('wait=20');
    expect(long.body).toMatchObject({ success: true, status: 'completed' });
    expect(none.body).toMatchObject({ success: false, status: 'queued', steps: [] });
    const pending = short.body as RunResponse;
    expect(pending).toMatchObject({ success: false, status: 'running' });
    expect(short.headers.get('location')).toBe(`/api/jobs/${pending.runId}`);
    const ended = await installation.api.finished(pending.runId);
    expect(ended).toMatchObject({ kind: 'workflow', success: true, output: expect.stringMatching(/^\[\[slow-1\]\]/) });
  });

  it('answers a waiting caller as soon as the run ends', async () => {
    const started = performance.now();
    const answer = await installation.api.post('/api/ai/generate', { prompt: '[[quick]]', provider: 'openai', maxTokens: 20 });
    expect(answer.status).toBe(200);
    // The fallback is a poll each second: a reply that got lost would show here.
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('tells the vendor’s refusal with a status of its own', async () => {
    const answer = await installation.api.post('/api/ai/generate', { prompt: '[[limited]]', provider: 'openai', maxTokens: 20 });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.body).toMatchObject({
      code: 'run-failed',
      retryable: true,
      error: { name: 'Provider.RateLimited', status: 429, provider: 'openai', retryAfterMs: 7_000 },
    });
    expect(callsOf(installation.upstream, 'limited')).toHaveLength(1);
  });
});
