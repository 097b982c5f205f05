import type {
  ClaimedRun,
  CommitResult,
  DueRuns,
  JsonObject,
  LeaseRef,
  ModelPart,
  ModelPlan,
  ModelPlanResult,
  ModelRequest,
  ModelResult,
  PreviousCall,
  RunCommit,
  RunEvent,
  RunStatus,
  StepRecord,
  Wake,
} from '@orchestrator/contracts';

/**
 * The truth, as the engine sees it. Every method is one fenced transaction; calls of the same kind that are made
 * while one is in flight may share a request. All methods reject with `AppError('store-unavailable')` when the store
 * can't be reached; repeating the same call is always safe.
 */
export interface RunStore {
  /**
   * Takes the lease of a run that is due or queued and returns everything committed so far.
   * @param token - unique per claim attempt; repeating a claim with the same token returns the same lease
   * @returns null when there is nothing to do: unknown, finished, or leased by a live worker
   */
  claimRun(claim: { readonly runId: string; readonly workerId: string; readonly token: string }): Promise<ClaimedRun | null>;
  commitRun(commit: RunCommit): Promise<CommitResult>;
  /** Extends leases by the store's lease duration and returns those that are no longer ours. */
  renewLeases(leases: readonly LeaseRef[]): Promise<readonly LeaseRef[]>;
  /** One reconciler poll; bumps the wake number of every run it returns. */
  dueRuns(poll: { readonly workerId: string; readonly limit: number }): Promise<DueRuns>;
  /** The immutable definition with this hash, or null when it is unknown. */
  getDefinition(tenantId: string, sha256: string): Promise<JsonObject | null>;
}

/** Wake-ups only: everything sent here may be lost, repeated or reordered. */
export interface RunQueue {
  wake(wakes: readonly Wake[]): Promise<void>;
  /** Tells the API process behind `replyTo` to look at the run: it is finished, or waits for an approval. */
  notifyReply(replyTo: string, runId: string): void;
}

export interface CallModelOptions {
  readonly signal: AbortSignal;
  /** Stable per run, step and visit: vendors that support it drop a repeated call. */
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
  /** Given: the call is streamed where the model can, and each piece is told here before the result is there. */
  readonly onPart?: (part: ModelPart) => void;
}

export interface PlanOptions {
  /** Calls after the first one of a try, at most. @defaultValue the router's own */
  readonly maxRetries?: number;
  /** The step's own policy has decided when to call again, so cool-downs that its calls started don't hold it back. */
  readonly ignoresCoolDowns?: boolean;
}

/** The router as the engine sees it. */
export interface Models {
  /**
   * Chooses provider and model and prices the worst case. No I/O.
   * @param previous - failed calls of the same try, oldest first: the router goes on from there, or says that it is exhausted
   */
  plan(request: ModelRequest, previous?: readonly PreviousCall[], options?: PlanOptions): ModelPlanResult;
  /** @throws ModelCallError */
  call(plan: ModelPlan, options: CallModelOptions): Promise<ModelResult>;
}

/** Tells readers at once what happens in a run. Everything told may be lost: what counts is what the store has. */
export interface LiveEvents {
  /** Whether somebody reads along right now. */
  isFollowed(runId: string): boolean;
  /**
   * @param run.replyTo - the process that reads along from the start, where the run is `live`
   * @param events - in order; they may not be stored yet, but nothing ends a step or the run before that is stored
   */
  tell(run: { readonly runId: string; readonly epoch: number; readonly replyTo?: string }, events: readonly RunEvent[]): void;
}

export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs` (clamped to 0); returns a function that cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

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

export interface CallTelemetry {
  /** The first piece of a streamed answer has come. */
  firstToken(): void;
  succeeded(result: ModelResult): void;
  failed(error: unknown): void;
}

/** One model call about to be made. */
export interface CallStart {
  readonly path: string;
  readonly attempt: number;
  readonly plan: ModelPlan;
  readonly isStreamed: boolean;
}

export interface LeaseTelemetry {
  /** A step began, waits or ended; it may not be stored yet. */
  stepChanged(step: StepRecord): void;
  callStarted(call: CallStart): CallTelemetry;
  ended(end: LeaseEnd): void;
}

/** Hears what the engine does, for traces and metrics. Returns at once and never throws. */
export interface RunTelemetry {
  leaseStarted(claimed: ClaimedRun): LeaseTelemetry;
}

/** Uniform random number in [0, 1). */
export type Random = () => number;

export interface Log {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}
