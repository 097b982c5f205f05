import type { RunTelemetry } from '../run-telemetry.ts';
import type { AnsweredRequest, ApiReading } from './api-series.ts';
import type { ServeMetricsOptions } from './serve-metrics.ts';
import type { WorkerReading } from './worker-series.ts';

/** Metrics of one process, for Prometheus. */
export interface Metrics {
  /**
   * @param read - asked at each scrape
   * @returns to be called when a request has been answered
   */
  addApi(read: () => ApiReading): (request: AnsweredRequest) => void;
  /**
   * @param read - asked at each scrape
   * @param modelLabelOf - the catalogue's name of a model; `other` for all that are not in it
   * @returns what the engine has to tell its work to
   */
  addWorker(read: () => WorkerReading, modelLabelOf: (provider: string, model: string) => string): RunTelemetry;
  /** Serves `GET /metrics` until it is closed. */
  serve(options: ServeMetricsOptions): void;
  close(): Promise<void>;
}

/** Loads prom-client and starts counting: a process that doesn't call this has none of it in memory. */
export async function openMetrics(): Promise<Metrics> {
  const { startMetrics } = await import('./start-metrics.ts');
  return startMetrics();
}
