import { Counter, Histogram, type Registry } from 'prom-client';
import { queueWaitMs } from '../queue-wait.ts';
import type { RunTelemetry } from '../run-telemetry.ts';
import { addCallSeries } from './call-series.ts';
import { addQueueSeries, addStoreSeries, type QueueReading, type StoreReading } from './infrastructure-series.ts';
import { addCounter, addCounterBy, addGauge } from './pulled-series.ts';

/** Counters of the engine since the process started; `active` is how many runs it executes now. */
export interface EngineReading {
  readonly claimed: number;
  readonly parked: number;
  readonly lost: number;
  readonly takeovers: number;
  readonly active: number;
}

/** Attempts to deliver webhooks by what became of them, and those that are made now. */
export interface WebhookReading {
  readonly delivered: number;
  readonly retried: number;
  readonly failed: number;
  readonly released: number;
  readonly inFlight: number;
}

/** What a worker process counts itself. */
export interface WorkerReading {
  readonly runs: EngineReading;
  readonly webhooks: WebhookReading;
  readonly store: StoreReading;
  readonly queue: QueueReading;
}

const engineSeries = {
  claimed: 'Leases of runs that this worker took.',
  parked: 'Leases given back because the run waits, or goes on in another worker.',
  lost: 'Leases that another worker took over while this one still worked on them.',
  takeovers: 'Leases taken over from a worker that died or froze.',
} as const satisfies Partial<Record<keyof EngineReading, string>>;

const waitBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/**
 * @param modelLabelOf - the catalogue's name of a model; `other` for all that are not in it
 * @returns what the engine has to tell its work to
 */
export function addWorkerSeries(
  registry: Registry,
  read: () => WorkerReading,
  modelLabelOf: (provider: string, model: string) => string,
): RunTelemetry {
  addStoreSeries(registry, () => read().store);
  addQueueSeries(registry, () => read().queue);
  for (const [field, help] of Object.entries(engineSeries)) {
    const name = `orchestrator_runs_${field}_total`;
    addCounter(registry, { name, help, read: () => read().runs[field as keyof typeof engineSeries] });
  }
  addCounterBy(registry, 'outcome', {
    name: 'orchestrator_webhook_attempts_total',
    help: 'Attempts to deliver webhooks: delivered, retried, failed for good, released as the process stopped.',
    read() {
      const { inFlight: _, ...outcomes } = read().webhooks;
      return outcomes;
    },
  });
  addGauge(registry, {
    name: 'orchestrator_webhook_attempts_active',
    help: 'Attempts to deliver webhooks that are made right now.',
    read: () => read().webhooks.inFlight,
  });
  const help = 'Runs that this worker executes right now.';
  addGauge(registry, { name: 'orchestrator_runs_active', help, read: () => read().runs.active });
  const finished = new Counter({
    name: 'orchestrator_runs_finished_total',
    help: 'Runs that this worker brought to their end.',
    labelNames: ['kind', 'status'],
    registers: [registry],
  });
  const waits = new Histogram({
    name: 'orchestrator_run_queue_wait_seconds',
    help: 'Time from accepting a run to its first claim, by the clock of the database.',
    labelNames: ['kind'],
    buckets: waitBuckets,
    registers: [registry],
  });
  const callStarted = addCallSeries(registry, modelLabelOf);

  return {
    leaseStarted(claimed) {
      const { kind } = claimed;
      const waitMs = queueWaitMs(claimed);
      if (waitMs !== null) waits.observe({ kind }, waitMs / 1_000);
      return {
        stepChanged: () => {},
        callStarted,
        ended: ({ outcome, status }) => {
          if (outcome === 'finished' && status !== undefined) finished.inc({ kind, status });
        },
      };
    },
  };
}
