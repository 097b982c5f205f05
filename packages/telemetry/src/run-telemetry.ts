import type { ClaimedRun, ModelPlan, ModelResult, RunStatus, StepRecord } from '@orchestrator/contracts';

/** How a worker's work on a run ended. */
export interface LeaseEnd {
  /** `failed`: it could not be executed here; its lease runs out, or it was given back. */
  readonly outcome: 'finished' | 'parked' | 'lost' | 'failed';
  /** Of the run, where it is known. */
  readonly status?: RunStatus;
  /** Of a run that failed. */
  readonly errorName?: string;
  /** Of the run so far, nano-dollars. */
  readonly costNanoUsd?: number;
}

/** One model call about to be made. */
export interface CallStart {
  readonly path: string;
  readonly attempt: number;
  readonly plan: ModelPlan;
  readonly isStreamed: boolean;
}

export interface CallTelemetry {
  /** The first piece of a streamed answer has come. */
  firstToken(): void;
  succeeded(result: ModelResult): void;
  failed(error: unknown): void;
}

export interface LeaseTelemetry {
  stepChanged(step: StepRecord): void;
  callStarted(call: CallStart): CallTelemetry;
  ended(end: LeaseEnd): void;
}

/** What the engine tells of its work; the port of `workflow` of the same name. */
export interface RunTelemetry {
  leaseStarted(claimed: ClaimedRun): LeaseTelemetry;
}
