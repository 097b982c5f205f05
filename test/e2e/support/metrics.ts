import { vi } from 'vitest';
import type { NodeProcess } from '../../support/processes.ts';

/** The part of a worker's metrics that tests look at. */
export interface WorkerReading {
  readonly runs: { readonly claimed: number; readonly finished: number; readonly parked: number; readonly active: number };
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Asks a worker for its metrics; event-loop delays count from the reading before. */
export async function readMetrics(worker: NodeProcess): Promise<WorkerReading> {
  const seen = worker.lines.length;
  worker.signal('SIGUSR2');
  const find = () => worker.lines.slice(seen).findLast((line) => line.includes('"msg":"metrics"'));
  const line = await vi.waitUntil(find, { timeout: 10_000, interval: 10 });
  return (JSON.parse(line) as { metrics: WorkerReading }).metrics;
}
