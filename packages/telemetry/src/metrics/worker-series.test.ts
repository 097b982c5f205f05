import { ModelCallError } from '@orchestrator/contracts';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parseScrape } from '../../../../test/support/prometheus.ts';
import { claimedRun, modelPlan, modelResult } from '../testing/runs.ts';
import { addWorkerSeries, type WorkerReading } from './worker-series.ts';

const reading: WorkerReading = {
  runs: { claimed: 5, parked: 1, lost: 2, takeovers: 3, active: 4 },
  webhooks: { delivered: 10, retried: 12, failed: 11, released: 13, inFlight: 14 },
  store: { requests: { claim_runs: 6, commit_runs: 7 }, rows: { claim_runs: 8, commit_runs: 9 } },
  queue: { jobsAdded: 1, jobsHandled: 2, handlerFailures: 3, relayPublished: 4, relayReceived: 5, relayDropped: 6 },
};

function start() {
  const registry = new Registry();
  let current = reading;
  const telemetry = addWorkerSeries(
    registry,
    () => current,
    (_, model) => (model === 'acme-1' ? model : 'other'),
  );
  return {
    telemetry,
    change: (next: WorkerReading) => {
      current = next;
    },
    scrape: async () => parseScrape(await registry.metrics()),
  };
}

const failure = (patch: object, options = {}) =>
  new ModelCallError({ name: 'Provider.Overloaded', message: 'm', retryable: true, ...patch }, options);

describe('what others count', () => {
  it('is read at each scrape', async () => {
    const { scrape, change } = start();
    const first = await scrape();
    expect(first.value('orchestrator_runs_claimed_total')).toBe(5);
    expect(first.value('orchestrator_runs_takeovers_total')).toBe(3);
    expect(first.value('orchestrator_runs_active')).toBe(4);
    expect(first.value('orchestrator_store_requests_total', { function: 'commit_runs' })).toBe(7);
    expect(first.value('orchestrator_store_rows_total', { function: 'claim_runs' })).toBe(8);
    expect(first.value('orchestrator_queue_relay_dropped_total')).toBe(6);
    expect(first.value('orchestrator_webhook_attempts_total', { outcome: 'failed' })).toBe(11);
    expect(first.labelValues('orchestrator_webhook_attempts_total', 'outcome')).not.toContain('inFlight');
    expect(first.value('orchestrator_webhook_attempts_active')).toBe(14);
    change({ ...reading, runs: { ...reading.runs, claimed: 6, active: 0 }, store: { requests: { commit_runs: 10 }, rows: {} } });
    const second = await scrape();
    expect(second.value('orchestrator_runs_claimed_total')).toBe(6);
    expect(second.value('orchestrator_runs_active')).toBe(0);
    expect(second.value('orchestrator_store_requests_total', { function: 'commit_runs' })).toBe(10);
  });

  it('has a type and a sentence for every family', async () => {
    const scraped = await start().scrape();
    for (const name of scraped.names) {
      expect(scraped.typeOf(name)).toBe(name.endsWith('_total') ? 'counter' : name.endsWith('_seconds') ? 'histogram' : 'gauge');
      expect(scraped.helpOf(name)).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('runs', () => {
  it('are counted by kind and status at their end', async () => {
    const { telemetry, scrape } = start();
    telemetry.leaseStarted(claimedRun()).ended({ outcome: 'finished', status: 'completed' });
    telemetry.leaseStarted(claimedRun()).ended({ outcome: 'parked', status: 'waiting' });
    telemetry.leaseStarted(claimedRun({ kind: 'generate' })).ended({ outcome: 'finished', status: 'failed' });
    telemetry.leaseStarted(claimedRun()).ended({ outcome: 'lost' });
    const scraped = await scrape();
    expect(scraped.value('orchestrator_runs_finished_total')).toBe(2);
    expect(scraped.value('orchestrator_runs_finished_total', { kind: 'workflow', status: 'completed' })).toBe(1);
    expect(scraped.value('orchestrator_runs_finished_total', { kind: 'generate', status: 'failed' })).toBe(1);
  });

  it('wait from accepting to the first claim', async () => {
    const { telemetry, scrape } = start();
    const claimed = claimedRun();
    telemetry.leaseStarted(claimed);
    telemetry.leaseStarted({ ...claimed, epoch: 2, isTakeover: true });
    telemetry.leaseStarted({ ...claimed, epoch: 3, nowMs: claimed.nowMs + 60_000 });
    const scraped = await scrape();
    expect(scraped.value('orchestrator_run_queue_wait_seconds', { kind: 'workflow' })).toBe(1);
    expect(scraped.sum('orchestrator_run_queue_wait_seconds')).toBeCloseTo(0.04);
  });
});

describe('model calls', () => {
  const call = { path: 'write', attempt: 1, plan: modelPlan(), isStreamed: true };
  const labels = { provider: 'acme', model: 'acme-1' };

  it('are counted with tokens and cost', async () => {
    const { telemetry, scrape } = start();
    const told = telemetry.leaseStarted(claimedRun()).callStarted(call);
    told.firstToken();
    told.succeeded(modelResult);
    const scraped = await scrape();
    expect(scraped.value('orchestrator_provider_calls_total', { ...labels, outcome: 'succeeded' })).toBe(1);
    expect(scraped.value('orchestrator_provider_call_duration_seconds', labels)).toBe(1);
    expect(scraped.value('orchestrator_provider_first_token_seconds', labels)).toBe(1);
    expect(scraped.value('orchestrator_provider_cost_usd_total', labels)).toBeCloseTo(0.0025);
    const tokens = (type: string) => scraped.value('orchestrator_provider_tokens_total', { ...labels, type });
    expect(['input', 'output', 'cached_input', 'cache_write_input', 'reasoning'].map(tokens)).toEqual([20, 30, 5, 0, 12]);
  });

  it('that failed are counted by error, at the cost that is booked', async () => {
    const { telemetry, scrape } = start();
    const lease = telemetry.leaseStarted(claimedRun());
    lease.callStarted(call).failed(failure({}, { costBasis: 'reserved' }));
    lease.callStarted(call).failed(failure({ name: 'Provider.Truncated' }, { costNanoUsd: 1_000_000, costBasis: 'catalogue' }));
    lease.callStarted(call).failed(new TypeError('defect'));
    const scraped = await scrape();
    expect(scraped.labelValues('orchestrator_provider_calls_total', 'outcome')).toEqual([
      'Provider.Overloaded',
      'Provider.Truncated',
      'other',
    ]);
    expect(scraped.value('orchestrator_provider_cost_usd_total', labels)).toBeCloseTo(0.009 + 0.001 + 0.009);
    expect(scraped.value('orchestrator_provider_call_duration_seconds', labels)).toBe(3);
  });

  it('that were never sent take no time and no money', async () => {
    const { telemetry, scrape } = start();
    telemetry
      .leaseStarted(claimedRun())
      .callStarted(call)
      .failed(failure({ isLocal: true }));
    const scraped = await scrape();
    expect(scraped.labelValues('orchestrator_provider_calls_total', 'outcome')).toEqual(['held-back']);
    expect(scraped.value('orchestrator_provider_call_duration_seconds')).toBe(0);
    expect(scraped.value('orchestrator_provider_cost_usd_total')).toBe(0);
  });

  it('share one label for all models outside the catalogue', async () => {
    const { telemetry, scrape } = start();
    const lease = telemetry.leaseStarted(claimedRun());
    for (let index = 0; index < 50; index += 1) {
      lease.callStarted({ ...call, plan: modelPlan({ model: `made-up-${index}` }) }).failed(failure({ name: `Made.Up${index}` }));
    }
    const scraped = await scrape();
    expect(scraped.labelValues('orchestrator_provider_calls_total', 'model')).toEqual(['other']);
    expect(scraped.labelValues('orchestrator_provider_calls_total', 'outcome')).toEqual(['other']);
    expect(scraped.value('orchestrator_provider_calls_total', { model: 'other' })).toBe(50);
  });
});
