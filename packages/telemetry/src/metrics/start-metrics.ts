import { Registry } from 'prom-client';
import { addApiSeries } from './api-series.ts';
import type { Metrics } from './open-metrics.ts';
import { addProcessSeries } from './process-series.ts';
import { type ServeMetricsOptions, serveMetrics } from './serve-metrics.ts';
import { addWorkerSeries } from './worker-series.ts';

/** Starts counting; serves once it is told to. */
export function startMetrics(): Metrics {
  const registry = new Registry();
  addProcessSeries(registry);
  let stop = async (): Promise<void> => {};
  return {
    addApi: (read) => addApiSeries(registry, read),
    addWorker: (read, modelLabelOf) => addWorkerSeries(registry, read, modelLabelOf),
    serve(options: ServeMetricsOptions) {
      stop = serveMetrics(registry, options);
    },
    close: () => stop(),
  };
}
