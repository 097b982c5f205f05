import type { LiveEvent } from '@orchestrator/contracts';

/** A worker that was killed or frozen, with the runs it held at that moment. */
export interface WorkerLoss {
  readonly atMs: number;
  readonly workerId: string;
  readonly runIds: readonly string[];
}

/** A submission answered with 2xx. */
export interface AcceptedRun {
  readonly key: string;
  readonly runId: string;
  /** From the first try to the answer, milliseconds. */
  readonly tookMs: number;
}

/** What a reader got of a run's events, over all its connections. */
export interface RunReading {
  readonly runId: string;
  readonly events: readonly LiveEvent[];
  readonly connections: number;
}

/** What a scenario did and saw, to be held against the database and the upstream's ledger. */
export interface WorldRecord {
  readonly accepted: AcceptedRun[];
  readonly losses: WorkerLoss[];
  readonly readings: RunReading[];
  /** Observations that break the scenario's own rules. */
  readonly complaints: string[];
  /** Facts worth reading beside the table. */
  readonly notes: string[];
  faults: number;
  /** No run may change hands: no worker was away for as long as its lease. */
  areTakeoversForbidden: boolean;
  /** Bound of the time from a worker's death to the takeover of its runs, 95th percentile, milliseconds. */
  takeoverLimitMs: number | null;
}

export function createRecord(): WorldRecord {
  return {
    accepted: [],
    losses: [],
    readings: [],
    complaints: [],
    notes: [],
    faults: 0,
    areTakeoversForbidden: false,
    takeoverLimitMs: null,
  };
}
