import type { Queue } from '@orchestrator/queue';
import type { Store } from '@orchestrator/store';
import { createProcessMetrics, type ProcessMetrics } from '@orchestrator/telemetry';
import type { Engine } from '@orchestrator/workflow';

/** A reading of everything that tells how a worker process is doing. Counters run since the process started. */
export interface WorkerMetrics extends ProcessMetrics {
  readonly runs: Engine['counts'];
  /** Requests to the store and rows in them, by SQL function. */
  readonly store: ReturnType<Store['metrics']>;
  readonly queue: ReturnType<Queue['metrics']>;
}

export function createWorkerMetrics(parts: {
  readonly engine: Engine;
  readonly store: Store;
  readonly queue: Queue;
}): () => WorkerMetrics {
  const readProcess = createProcessMetrics();
  return () => ({
    runs: parts.engine.counts,
    store: parts.store.metrics(),
    queue: parts.queue.metrics(),
    ...readProcess(),
  });
}
