import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Queue } from '@orchestrator/queue';
import type { Store } from '@orchestrator/store';
import type { Engine } from '@orchestrator/workflow';

/** A reading of everything that tells how a worker process is doing. Counters run since the process started. */
export interface WorkerMetrics {
  readonly runs: Engine['counts'];
  /** Requests to the store and rows in them, by SQL function. */
  readonly store: ReturnType<Store['metrics']>;
  readonly queue: ReturnType<Queue['metrics']>;
  /** Event-loop delay since the last reading, milliseconds. */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Share of time the event loop was busy since the last reading, 0 to 1. */
  readonly eventLoopUtilization: number;
  readonly rssBytes: number;
}

const nanoPerMs = 1e6;

/** Starts measuring the event loop; each call of the returned function is one reading. */
export function createWorkerMetrics(parts: {
  readonly engine: Engine;
  readonly store: Store;
  readonly queue: Queue;
}): () => WorkerMetrics {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  return () => {
    const sinceLast = performance.eventLoopUtilization(utilization);
    utilization = performance.eventLoopUtilization();
    const reading: WorkerMetrics = {
      runs: parts.engine.counts,
      store: parts.store.metrics(),
      queue: parts.queue.metrics(),
      eventLoopDelayMs: {
        p50: Math.round(delay.percentile(50) / nanoPerMs),
        p99: Math.round(delay.percentile(99) / nanoPerMs),
        max: Math.round(delay.max / nanoPerMs),
      },
      eventLoopUtilization: Number(sinceLast.utilization.toFixed(3)),
      rssBytes: process.memoryUsage.rss(),
    };
    delay.reset();
    return reading;
  };
}
