import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { parseScrape } from '../../../../test/support/prometheus.ts';
import { addApiSeries } from './api-series.ts';

it('counts requests by route and status, and their time by route', async () => {
  const registry = new Registry();
  const queue = { jobsAdded: 1, jobsHandled: 0, handlerFailures: 0, relayPublished: 0, relayReceived: 0, relayDropped: 0 };
  const streams = { open: 4, sent: 50, stalled: 6 };
  const onAnswered = addApiSeries(registry, () => ({
    waitingCallers: 3,
    streams,
    store: { requests: { get_runs: 2 }, rows: {} },
    queue,
  }));
  const request = { method: 'GET', route: '/api/jobs/:id', status: 200, durationMs: 30 };
  onAnswered(request);
  onAnswered({ ...request, status: 404, durationMs: 10 });
  onAnswered({ ...request, method: 'PROPFIND', route: 'unmatched', status: 404 });
  const scraped = await parseScrape(await registry.metrics());
  expect(scraped.value('orchestrator_http_requests_total', { method: 'GET', route: '/api/jobs/:id' })).toBe(2);
  expect(scraped.value('orchestrator_http_requests_total', { method: 'GET', route: '/api/jobs/:id', status: '404' })).toBe(1);
  expect(scraped.value('orchestrator_http_requests_total', { method: 'other', route: 'unmatched', status: '404' })).toBe(1);
  expect(scraped.sum('orchestrator_http_request_duration_seconds', { route: '/api/jobs/:id' })).toBeCloseTo(0.04);
  expect(scraped.value('orchestrator_http_waiting_callers')).toBe(3);
  expect(scraped.value('orchestrator_http_open_streams')).toBe(4);
  expect(scraped.value('orchestrator_http_stream_events_total')).toBe(50);
  expect(scraped.value('orchestrator_http_stalled_readers_total')).toBe(6);
  expect(scraped.value('orchestrator_store_requests_total', { function: 'get_runs' })).toBe(2);
  expect(scraped.value('orchestrator_queue_jobs_added_total')).toBe(1);
});
