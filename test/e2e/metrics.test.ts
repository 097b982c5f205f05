import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses, type NodeProcess } from '../support/processes.ts';
import { type Scrape, scrape } from '../support/prometheus.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

async function scrapeOf(process: NodeProcess): Promise<Scrape> {
  const { url } = await process.waitForLog((entry) => entry.msg === 'metrics listening');
  return await scrape(String(url));
}

/** Reads a streamed answer to its end. */
async function streamed({ api }: Installation, request: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${api.url}/api/ai/stream`, { method: 'POST', headers, body: JSON.stringify(request) });
  expect(await response.text()).toContain('event: run-completed');
}

describe('metrics of a real API and worker', () => {
  let installation: Installation;
  let api: Scrape;
  let worker: Scrape;
  beforeAll(async () => {
    installation = await startInstallation({
      script: {
        latencyMs: 20,
        rules: [{ promptIncludes: '[[down', provider: 'openai', fault: { type: 'status', status: 503 } }],
      },
      keysOf: 'all',
      env: { ORCHESTRATOR_METRICS_PORT: '0' },
    });
    await installation.api.run(workflow([ask('a', 'one'), ask('b', 'down-1', { fallbacks: [{ provider: 'anthropic' }] })]));
    await installation.api.post('/api/ai/generate', { prompt: '[[two]] Hi', model: 'gpt-4o-mini', maxTokens: 20 });
    await streamed(installation, { prompt: '[[three]] Hi', model: 'gpt-4o-mini', maxTokens: 20 });
    expect((await installation.api.get('/api/jobs/01a209c7-11ef-7291-9f75-d304257ab82c')).status).toBe(404);
    expect((await installation.api.get('/nowhere')).status).toBe(404);
    const [apiProcess] = installation.apiProcesses;
    if (apiProcess === undefined) throw new Error('there is an API');
    [api, worker] = await Promise.all([scrapeOf(apiProcess), scrapeOf(installation.worker)]);
  }, 60_000);
  afterAll(() => installation?.dispose());

  it('count requests by pattern, never by path', () => {
    const counted = (labels: Record<string, string>) => api.value('orchestrator_http_requests_total', labels);
    expect(counted({ method: 'POST', route: '/api/workflows/run', status: '200' })).toBe(1);
    expect(counted({ method: 'POST', route: '/api/ai/generate', status: '200' })).toBe(1);
    expect(counted({ method: 'GET', route: '/api/jobs/:id', status: '404' })).toBe(1);
    expect(counted({ method: 'GET', route: 'unmatched', status: '404' })).toBe(1);
    expect(counted({ method: 'POST', route: '/api/ai/stream', status: '200' })).toBe(1);
    expect(counted({})).toBe(5);
    expect(api.sum('orchestrator_http_request_duration_seconds', { route: '/api/workflows/run' })).toBeGreaterThan(0.04);
    expect(api.value('orchestrator_http_waiting_callers')).toBe(0);
    expect(api.value('orchestrator_http_stream_events_total')).toBeGreaterThan(2);
    expect(api.value('orchestrator_store_requests_total', { function: 'accept_runs' })).toBe(3);
    expect(api.value('orchestrator_queue_jobs_added_total')).toBe(3);
  });

  it('count runs and how long they waited', () => {
    expect(worker.value('orchestrator_runs_claimed_total')).toBe(3);
    expect(worker.value('orchestrator_runs_finished_total', { kind: 'workflow', status: 'completed' })).toBe(1);
    expect(worker.value('orchestrator_runs_finished_total', { kind: 'generate', status: 'completed' })).toBe(2);
    expect(worker.value('orchestrator_runs_active')).toBe(0);
    expect(worker.value('orchestrator_run_queue_wait_seconds')).toBe(3);
    expect(worker.value('orchestrator_store_rows_total', { function: 'commit_runs' })).toBeGreaterThanOrEqual(3);
  });

  it('agree with what the vendors charged', () => {
    const calls = ['one', 'down-1', 'two', 'three'].flatMap((marker) => callsOf(installation.upstream, marker));
    expect(worker.value('orchestrator_provider_calls_total')).toBe(calls.length);
    const succeeded = calls.filter(({ chargedNanoUsd }) => chargedNanoUsd > 0);
    expect(worker.value('orchestrator_provider_calls_total', { outcome: 'succeeded' })).toBe(succeeded.length);
    const charged = succeeded.reduce((sum, { chargedNanoUsd }) => sum + chargedNanoUsd, 0);
    expect(worker.value('orchestrator_provider_cost_usd_total')).toBeCloseTo(charged / 1e9, 9);
    expect(worker.value('orchestrator_provider_call_duration_seconds')).toBe(calls.length);
    expect(
      worker.value('orchestrator_provider_tokens_total', { provider: 'openai', model: 'gpt-4o-mini', type: 'input' }),
    ).toBeGreaterThan(0);
    expect(worker.labelValues('orchestrator_provider_calls_total', 'provider')).toEqual(['anthropic', 'openai']);
  });

  it('tell how long the first piece of a stream took', () => {
    const labels = { provider: 'openai', model: 'gpt-4o-mini' };
    expect(worker.value('orchestrator_provider_first_token_seconds', labels)).toBe(1);
    expect(worker.sum('orchestrator_provider_first_token_seconds', labels)).toBeGreaterThan(0.01);
  });

  it('tell how the processes are', () => {
    for (const scraped of [api, worker]) {
      expect(scraped.value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
      expect(scraped.value('process_cpu_seconds_total')).toBeGreaterThan(0);
      expect(scraped.names).toContain('nodejs_eventloop_lag_p99_seconds');
      expect(scraped.names).toContain('nodejs_gc_duration_seconds');
    }
  });
});
