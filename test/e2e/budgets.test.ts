import type { RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  const failing = { promptIncludes: '[[dear-retry]]', fault: { type: 'cut' as const, at: 'in-body' as const } };
  installation = await startInstallation({ script: { usage: 'worst-case', rules: [failing] } });
});
afterAll(() => installation?.dispose());

const run = (steps: readonly object[], fields: object = {}) => installation.api.run(workflow(steps, fields));
/** 1,000 output tokens of gpt-4o-mini are $0.0006; the prompts here cost less than a hundredth of that. */
const dear = { prompt: '', maxTokens: 1_000 };
const dearAsk = (id: string, marker: string, fields: object = {}) =>
  ask(id, marker, { input: { ...dear, prompt: `[[${marker}]]` }, ...fields });

describe('maxCostUSD', () => {
  it('of a step keeps a call from being made that could cost more', async () => {
    const result = await run([
      dearAsk('a', 'step-limit', { maxCostUSD: 0.0005, retry: { maxAttempts: 3, delayMs: 0 }, onFailure: 'b' }),
      { id: 'b', action: 'transform', set: '{{error.name}}' },
    ]);
    expect(result).toMatchObject({ status: 'completed', degraded: true, output: 'Budget.Exceeded', totalCostUSD: 0 });
    expect(result.steps[0]?.error).toMatchObject({ message: expect.stringMatching(/^Not called: the call may cost/) });
    expect(callsOf(installation.upstream, 'step-limit')).toHaveLength(0);
    expect(await run([dearAsk('a', 'step-fits', { maxCostUSD: 0.0007 })])).toMatchObject({ status: 'completed' });
  });

  it('of a step covers all its attempts together', async () => {
    const retry = { maxAttempts: 5, delayMs: 0, retryOn: ['Provider.*'] };
    const result = await run([dearAsk('a', 'dear-retry', { maxCostUSD: 0.0015, retry })]);
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
    expect(callsOf(installation.upstream, 'dear-retry')).toHaveLength(2);
    expect(result.totalCostUSD).toBeLessThanOrEqual(0.0015);
  });

  it('of a run stops it before the step that does not fit any more', async () => {
    const steps = ['run-1', 'run-2', 'run-3'].map((marker) => dearAsk(marker, marker));
    const result = await run(steps, { maxCostUSD: 0.0015 });
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
    expect(result.steps.map(({ status }) => status)).toEqual(['completed', 'completed', 'failed']);
    expect(callsOf(installation.upstream, 'run-3')).toHaveLength(0);
    const charged = ['run-1', 'run-2'].flatMap((marker) => callsOf(installation.upstream, marker));
    expect(Math.round(result.totalCostUSD * 1e9)).toBe(charged.reduce((sum, call) => sum + call.chargedNanoUsd, 0));
    const job = await installation.api.job(result.runId);
    expect(job).toMatchObject({ maxCostUSD: 0.0015, reservedUSD: 0 });
  });

  it('refuses a model whose price nobody knows; without a limit somebody has to agree', async () => {
    const unknown = { model: 'gpt-of-tomorrow' };
    for (const [marker, fields, runFields] of [
      ['price-step', { ...unknown, maxCostUSD: 1_000 }, {}],
      ['price-run', unknown, { maxCostUSD: 1_000 }],
    ] as const) {
      const result = await run([ask('a', marker, fields)], runFields);
      expect(result).toMatchObject({
        status: 'failed',
        error: { name: 'Budget.Exceeded', message: expect.stringMatching(/unknown/) },
      });
      expect(callsOf(installation.upstream, marker)).toHaveLength(0);
    }
    const answer = await installation.api.post('/api/workflows/run', { workflow: workflow([ask('a', 'price-free', unknown)]) });
    expect(answer.status).toBe(202);
    const { runId, approval } = answer.body as RunResponse;
    await installation.api.send('POST', approval?.links.approve ?? '');
    const unlimited = await installation.api.finished(runId);
    expect(unlimited).toMatchObject({ status: 'completed', steps: [{ attempts: [{ costBasis: 'none' }] }] });
    expect(unlimited.steps[0]?.attempts[0]?.warnings).toEqual([expect.stringMatching(/No price is known/)]);
  });

  it('of nothing allows only what is free', async () => {
    expect(await run([dearAsk('a', 'zero')], { maxCostUSD: 0 })).toMatchObject({ error: { name: 'Budget.Exceeded' } });
    expect(await run([{ id: 'a', action: 'noop' }], { maxCostUSD: 0 })).toMatchObject({ status: 'completed' });
    expect(callsOf(installation.upstream, 'zero')).toHaveLength(0);
  });

  it('of a generate call is answered with 402', async () => {
    const request = {
      prompt: '[[generate-limit]]',
      provider: 'openai',
      model: 'gpt-4o-mini',
      maxTokens: 1_000,
      maxCostUSD: 0.0005,
    };
    const answer = await installation.api.post('/api/ai/generate', request);
    expect(answer.status).toBe(402);
    expect(answer.body).toMatchObject({ code: 'run-failed', retryable: false, error: { name: 'Budget.Exceeded' } });
    expect(callsOf(installation.upstream, 'generate-limit')).toHaveLength(0);
    const one = await installation.api.post('/api/ai/generate', { ...request, maxCostUSD: 0.0007 });
    expect(one.status).toBe(200);
  });
});
