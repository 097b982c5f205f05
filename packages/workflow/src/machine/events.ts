import type {
  AuditEntry,
  Citation,
  CostBasis,
  FinishReason,
  InFlightAttempt,
  JsonValue,
  ModelPart,
  ModelPlan,
  ModelPlanResult,
  ModelRequest,
  NanoUsd,
  NewApproval,
  PreviousCall,
  RunEvent,
  RunFinish,
  RunPark,
  StepError,
  StepRecord,
  TokenUsage,
  ToolCall,
} from '@orchestrator/contracts';

import type { PlanOptions } from '../ports.ts';

interface AttemptOutcome {
  readonly path: string;
  /** Outcomes of any other attempt than the current one are ignored: they are late or repeated. */
  readonly attempt: number;
  readonly latencyMs: number;
  readonly nowMs: number;
  readonly provider?: string;
  readonly model?: string;
  readonly usage?: TokenUsage;
  readonly costNanoUsd: NanoUsd;
  /** `reserved`: the vendor's charge is unknown, the machine books the attempt's reservation. */
  readonly costBasis: CostBasis;
}

/** What can happen to a run while a worker holds its lease. All times are Unix milliseconds of the database clock. */
export type MachineEvent =
  /** The first event after a claim. `random` as of a failed attempt: an approval may have been refused meanwhile. */
  | { readonly type: 'resumed'; readonly random: number; readonly nowMs: number }
  /** `random` as of a failed attempt: when the router knows nobody, the step's retry policy decides. */
  | {
      readonly type: 'planned';
      readonly path: string;
      readonly attempt: number;
      readonly result: ModelPlanResult;
      readonly random: number;
      readonly nowMs: number;
    }
  | ({
      readonly type: 'attempt-succeeded';
      readonly output: JsonValue;
      readonly finishReason?: FinishReason;
      readonly warnings?: readonly string[];
      readonly toolCalls?: readonly ToolCall[];
      readonly citations?: readonly Citation[];
      readonly reasoning?: string;
    } & AttemptOutcome)
  /** `random` in [0, 1) decides the jitter of a retry. */
  | ({ readonly type: 'attempt-failed'; readonly error: StepError; readonly random: number } & AttemptOutcome)
  /** A piece of a streamed answer has come. */
  | {
      readonly type: 'attempt-progressed';
      readonly path: string;
      readonly attempt: number;
      readonly part: ModelPart;
      readonly nowMs: number;
    }
  /** A short wait that was set as a timer is over. */
  | { readonly type: 'timer'; readonly path: string; readonly nowMs: number }
  | { readonly type: 'deadline'; readonly nowMs: number }
  | { readonly type: 'cancel-requested'; readonly nowMs: number }
  /** The worker shuts down. Soft: start nothing new. Hard: give the run back now, whatever is in flight. */
  | { readonly type: 'drain'; readonly hard: boolean; readonly nowMs: number };

/** What an attempt does; `model` calls a vendor, `instant` is computed by the action itself. */
export type AttemptWork =
  | { readonly type: 'model'; readonly plan: ModelPlan; readonly idempotencyKey: string }
  | { readonly type: 'instant'; readonly action: string; readonly input: JsonValue };

/**
 * What the engine must do, in order. `record`, `event`, `audit`, `approval` and `transition` of one turn go out as one fenced
 * commit; `run-attempt` and `set-timer` happen only after that commit is acknowledged.
 */
export type MachineEffect =
  /** Answered at once by a `planned` event: planning is pure and does no I/O. */
  | {
      readonly type: 'plan-model';
      readonly path: string;
      readonly attempt: number;
      readonly request: ModelRequest;
      /** The failed calls of this try, oldest first. */
      readonly previous: readonly PreviousCall[];
      readonly options: PlanOptions;
    }
  /** `lazy`: may ride on a later commit, because nothing is lost with it. */
  | { readonly type: 'record'; readonly step: StepRecord; readonly lazy: boolean }
  | { readonly type: 'event'; readonly event: RunEvent }
  | { readonly type: 'audit'; readonly entry: AuditEntry }
  | { readonly type: 'approval'; readonly approval: NewApproval }
  | { readonly type: 'transition'; readonly transition: RunFinish | RunPark }
  | {
      readonly type: 'run-attempt';
      readonly path: string;
      readonly attempt: number;
      readonly timeoutMs: number;
      readonly work: AttemptWork;
    }
  | { readonly type: 'set-timer'; readonly path: string; readonly dueAtMs: number }
  | { readonly type: 'abort-attempt'; readonly path: string; readonly attempt: number };

/** The part of the state that every commit carries as absolute values. */
export interface CommitTotals {
  readonly costNanoUsd: NanoUsd;
  readonly reservedNanoUsd: NanoUsd;
  readonly lostCount: number;
  readonly inFlight: readonly InFlightAttempt[];
}
