import type { Queue } from '@orchestrator/queue';
import type { Store } from '@orchestrator/store';
import { createProcessMetrics, type ProcessMetrics } from '@orchestrator/telemetry';
import type { Deliverer, DelivererCounts } from '@orchestrator/webhooks';
import type { Engine } from '@orchestrator/workflow';

/** A reading of everything that tells how a worker process is doing. Counters run since the process started. */
export interface WorkerMetrics extends ProcessMetrics {
  readonly runs: Engine['counts'];
  /** Attempts to deliver webhooks, by what became of them. */
  readonly webhooks: DelivererCounts;
  /** Requests to the store and rows in them, by SQL function. */
  readonly store: ReturnType<Store['metrics']>;
  readonly queue: ReturnType<Queue['metrics']>;
}

export function createWorkerMetrics(parts: {
  readonly engine: Engine;
  readonly deliverer: Deliverer;
  readonly store: Store;
  readonly queue: Queue;
}): () => WorkerMetrics {
  const readProcess = createProcessMetrics();
  return () => ({
    runs: parts.engine.counts,
    webhooks: parts.deliverer.counts,
    store: parts.store.metrics(),
    queue: parts.queue.metrics(),
    ...readProcess(),
  });
}
