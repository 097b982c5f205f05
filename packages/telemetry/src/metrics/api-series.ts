import { Counter, Histogram, type Registry } from 'prom-client';
import { addQueueSeries, addStoreSeries, type QueueReading, type StoreReading } from './infrastructure-series.ts';
import { addCounter, addGauge } from './pulled-series.ts';

/** What an API process counts itself. */
export interface ApiReading {
  readonly waitingCallers: number;
  /** Streams that are open now; events sent in them and readers disconnected because they were too slow, since the start. */
  readonly streams: { readonly open: number; readonly sent: number; readonly stalled: number };
  readonly store: StoreReading;
  readonly queue: QueueReading;
}

/** One answered request. */
export interface AnsweredRequest {
  readonly method: string;
  /** The path's pattern, never the path as sent: the number of series must stay bounded. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** From a cached answer to a caller that waits for its run; streams may take longer. Seconds. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** @returns to be called when a request has been answered */
export function addApiSeries(registry: Registry, read: () => ApiReading): (request: AnsweredRequest) => void {
  addStoreSeries(registry, () => read().store);
  addQueueSeries(registry, () => read().queue);
  addGauge(registry, {
    name: 'orchestrator_http_waiting_callers',
    help: 'Requests that wait for a run to finish right now.',
    read: () => read().waitingCallers,
  });
  addGauge(registry, {
    name: 'orchestrator_http_open_streams',
    help: 'Event streams that are open right now.',
    read: () => read().streams.open,
  });
  addCounter(registry, {
    name: 'orchestrator_http_stream_events_total',
    help: 'Events sent in streams.',
    read: () => read().streams.sent,
  });
  addCounter(registry, {
    name: 'orchestrator_http_stalled_readers_total',
    help: 'Streams that were cut because their readers were too slow.',
    read: () => read().streams.stalled,
  });
  const requests = new Counter({
    name: 'orchestrator_http_requests_total',
    help: 'Answered requests. Status 499: the client left first.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'orchestrator_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, waiting for the run included.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
    registers: [registry],
  });
  return ({ method, route, status, durationMs }) => {
    const labels = { method: knownMethods.has(method) ? method : 'other', route };
    requests.inc({ ...labels, status });
    durations.observe(labels, durationMs / 1_000);
  };
}
