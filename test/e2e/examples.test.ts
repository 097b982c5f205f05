import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { exampleWorkflow } from './support/workflows.ts';

failOnLeakedProcesses();

const names = ['content-generation', 'research-and-summarize', 'resilient-generation'];

describe('without keys', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await startInstallation();
  });
  afterAll(() => installation?.dispose());

  it.each(names)('runs %s from its file with the sandbox', async (name) => {
    const run = await installation.api.run(await exampleWorkflow(name));
    expect(run).toMatchObject({ success: true, status: 'completed', degraded: false, totalCostUSD: 0 });
    expect(run.output).toMatch(/^\[sandbox\] /);
    expect(run.steps.map(({ id, status, provider }) => [id, status, provider])).toEqual(
      name === 'research-and-summarize'
        ? [
            ['research', 'completed', 'sandbox'],
            ['summarize', 'completed', 'sandbox'],
          ]
        : [['generate', 'completed', 'sandbox']],
    );
    const [attempt] = run.steps[0]?.attempts ?? [];
    expect(attempt?.warnings?.[0]).toMatch(/sandbox answered.*sample text/);
    expect(installation.upstream.connections()).toBe(0);
  });

  it('answers the same request the same way every time', async () => {
    const example = await exampleWorkflow('research-and-summarize');
    const [first, second] = await Promise.all([installation.api.run(example), installation.api.run(example)]);
    expect(first.output).toBe(second.output);
    expect(first.runId).not.toBe(second.runId);
  });
});

describe('with keys', () => {
  let installation: Installation;
  beforeAll(async () => {
    const rules = [{ promptIncludes: 'Generate content', fault: { type: 'status' as const, status: 503 } }];
    // One call for each try, so that the calls of the example's own retries can be counted.
    const env = { ORCHESTRATOR_MAX_RETRIES: '0' };
    installation = await startInstallation({ script: { rules, recordRequests: true }, env });
  });
  afterAll(() => installation?.dispose());

  it('calls the vendor of content-generation', async () => {
    const run = await installation.api.run(await exampleWorkflow('content-generation'));
    expect(run).toMatchObject({ status: 'completed', output: expect.stringMatching(/^Scripted answer/) });
    const [call] = installation.upstream.entries();
    expect(call).toMatchObject({ provider: 'openai', maxTokens: 500, status: 200, isFullySent: true });
    expect(call?.idempotencyKey).toBe(`${run.runId}.generate.1`);
    expect(run.totalCostUSD).toBe((call?.chargedNanoUsd ?? 0) / 1e9);
  });

  it('hands the first answer of research-and-summarize to the second vendor', async () => {
    installation.upstream.reset();
    const example = await exampleWorkflow('research-and-summarize');
    const steps = example.steps.map((step) => (step.id === 'research' ? { ...step, provider: 'openai' } : step));
    const run = await installation.api.run({ ...example, steps });
    expect(run).toMatchObject({ status: 'completed', degraded: false });
    const [research, summarize] = installation.upstream.entries();
    expect(research?.provider).toBe('openai');
    expect(summarize).toMatchObject({ provider: 'anthropic', maxTokens: 200 });
    expect(JSON.stringify(summarize?.request)).toContain(`Summarize: ${run.steps[0]?.output}`);
    expect(run.output).toBe(run.steps[1]?.output);
    expect(run.totalCostUSD).toBeCloseTo(installation.upstream.summary().chargedNanoUsd / 1e9, 9);
  });

  it('retries the first step of resilient-generation, then falls back and says so', async () => {
    installation.upstream.reset();
    const example = await exampleWorkflow('resilient-generation');
    const steps = example.steps.map((step) => (step.id === 'fallback' ? { ...step, provider: 'anthropic' } : step));
    const run = await installation.api.run({ ...example, steps });
    expect(run).toMatchObject({ success: true, status: 'completed', degraded: true });
    expect(run.steps.map(({ id, status, attempts }) => [id, status, attempts.length])).toEqual([
      ['generate', 'failed', 3],
      ['fallback', 'completed', 1],
    ]);
    expect(run.steps[0]?.error).toMatchObject({ name: 'Provider.Overloaded', status: 503 });
    expect(installation.upstream.entries().map((entry) => entry.status)).toEqual([503, 503, 503, 200]);
  });

  it('says which key a provider needs that has none', async () => {
    const run = await installation.api.run(await exampleWorkflow('research-and-summarize'));
    expect(run).toMatchObject({ success: false, status: 'failed', totalCostUSD: 0 });
    expect(run.error).toMatchObject({
      name: 'Provider.InvalidRequest',
      message: expect.stringMatching(/perplexity has no API key: set PERPLEXITY_API_KEY/),
    });
  });
});
