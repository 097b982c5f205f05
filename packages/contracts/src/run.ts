import type { ApprovalState, NewApproval, PendingApproval } from './approval.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Citation, CostBasis, FinishReason, RoutingDecision, TokenUsage } from './model.ts';
import type { ToolCall } from './model-request.ts';
import type { NanoUsd } from './money.ts';
import type { StepError } from './step-error.ts';
import type { Priority } from './workflow-definition.ts';

export const runKinds = ['generate', 'workflow'] as const;
/** `generate`: one model call, a run with a single step. `workflow`: a definition's steps. */
export type RunKind = (typeof runKinds)[number];

export const runStatuses = ['queued', 'running', 'waiting', 'waiting_approval', 'completed', 'failed', 'cancelled'] as const;
/** `waiting` (a delay or a long retry wait) and `waiting_approval` hold no worker slot. */
export type RunStatus = (typeof runStatuses)[number];
export type TerminalRunStatus = Extract<RunStatus, 'completed' | 'failed' | 'cancelled'>;

export function isTerminalRunStatus(status: RunStatus): status is TerminalRunStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

export const stepStatuses = [
  'running',
  'retry_wait',
  'waiting',
  'waiting_approval',
  'completed',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type StepStatus = (typeof stepStatuses)[number];
export type TerminalStepStatus = Extract<StepStatus, 'completed' | 'failed' | 'skipped' | 'cancelled'>;

/** One try of a step. `abandoned`: a worker died or was frozen in mid-call; its worst case is booked. */
export interface AttemptRecord {
  /** Counted from 1 over all tries of this step visit, abandoned ones included. */
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'abandoned';
  readonly latencyMs: number;
  readonly provider?: string;
  readonly model?: string;
  readonly usage?: TokenUsage;
  readonly costNanoUsd: NanoUsd;
  readonly costBasis: CostBasis;
  /** Why the model stopped; `length` means that the answer was cut by `maxTokens`. */
  readonly finishReason?: FinishReason;
  /** Parameters that were dropped, a stand-in that answered, and similar notes of the router. */
  readonly warnings?: readonly string[];
  readonly error?: StepError;
  /** The router went on within the same try after the call before failed: not counted against `retry.maxAttempts`. */
  readonly isFallback?: boolean;
  /** Of a failed attempt: the router goes on from here within the same try. A failed attempt without it ended its try. */
  readonly hasFallback?: boolean;
  readonly toolCalls?: readonly ToolCall[];
  readonly citations?: readonly Citation[];
  readonly reasoning?: string;
  /** Kept with the attempt only where the request asked for an explanation; the audit entry always has it. */
  readonly routing?: RoutingDecision;
}

/** An attempt that may be running at a vendor, written before its call whenever a commit goes out anyway. */
export interface InFlightAttempt {
  readonly path: string;
  readonly attempt: number;
  readonly provider?: string;
  readonly model?: string;
  readonly reservedNanoUsd: NanoUsd;
}

/** One step visit as stored in `ai_workflow_run_steps` (one row per run, path, visit). */
export interface StepRecord {
  /** Step id, or ids joined by `/` for nested steps. */
  readonly path: string;
  /** Counted from 1. */
  readonly visit: number;
  /** Position in the order in which steps of the run were first recorded, from 1. */
  readonly ordinal: number;
  readonly action: string;
  readonly status: StepStatus;
  /** Why a skipped step was skipped. */
  readonly skipReason?: 'condition' | 'upstream';
  /** The recorded value of `when`. */
  readonly condition?: boolean;
  readonly attempts: readonly AttemptRecord[];
  /** The rendered input. */
  readonly input?: JsonValue;
  readonly output?: JsonValue;
  readonly error?: StepError;
  readonly provider?: string;
  readonly model?: string;
  readonly usage?: TokenUsage;
  /** Sum over all attempts. */
  readonly costNanoUsd: NanoUsd;
  /** Sum over all attempts, milliseconds. */
  readonly latencyMs: number;
  /** Set while `retry_wait`, `waiting` or `waiting_approval`: when to go on, database clock, Unix milliseconds. */
  readonly dueAtMs?: number;
  /** Set while `waiting_approval`. */
  readonly approval?: PendingApproval;
}

export const runEventTypes = [
  'run-accepted',
  'run-started',
  'run-resumed',
  'run-parked',
  'step-started',
  'token',
  'restart',
  'step-attempt-failed',
  'step-attempt-abandoned',
  'step-retry-scheduled',
  'step-waiting',
  'step-completed',
  'step-failed',
  'step-skipped',
  'step-cancelled',
  'approval-requested',
  'approval-approved',
  'approval-rejected',
  'approval-expired',
  'run-completed',
  'run-failed',
  'run-cancelled',
] as const;
export type RunEventType = (typeof runEventTypes)[number];

/**
 * One line of a run's history. `seq` is gapless per run, starting at 1 (`run-accepted`, written on acceptance).
 * A stored `token` stands for all numbers from `data.first` to `seq`, see `token-events.ts`.
 */
export interface RunEvent {
  readonly seq: number;
  readonly type: RunEventType;
  readonly data: JsonObject;
  /** Database clock, Unix milliseconds. */
  readonly atMs: number;
}

/** An event with the lease under which it happened. */
export interface PlacedEvent extends RunEvent {
  readonly epoch: number;
}

/** What is stored of a run's events after a position, oldest first, and how the run stands. */
export interface StoredEvents {
  readonly runId: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  /** The end of what is stored. */
  readonly last: { readonly epoch: number; readonly seq: number };
  readonly events: readonly PlacedEvent[];
}

/** One entry of `ai_audit_log`; event id, tenant, user, run and time are filled in by the database function. */
export interface AuditEntry {
  readonly eventType: string;
  readonly path?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly tokensIn?: number;
  readonly tokensOut?: number;
  readonly costNanoUsd?: NanoUsd;
  readonly latencyMs?: number;
  readonly routingDecision?: RoutingDecision;
  readonly fallbackUsed?: boolean;
  readonly detail?: JsonObject;
}

/** What accepting a run stores. Every field is final except the run's progress. */
export interface NewRun {
  /** UUIDv7 made by the caller; accepting the same id twice is one run. */
  readonly id: string;
  readonly kind: RunKind;
  readonly tenantId: string;
  readonly userId?: string;
  readonly requestId: string;
  /** Row id in `ai_workflows` when started from a saved workflow. */
  readonly workflowId?: string;
  readonly workflowName: string;
  readonly workflowVersion?: number;
  /** Hex SHA-256 of the definition's canonical JSON; absent for `generate`. */
  readonly definitionSha256?: string;
  /** The definition itself; needed the first time its hash is used, harmless afterwards. */
  readonly definition?: JsonObject;
  /** Of the definition and of the request; no repetitions. */
  readonly tags?: readonly string[];
  readonly input: JsonValue;
  readonly priority: Priority;
  readonly maxCostNanoUsd?: NanoUsd;
  readonly timeoutMs: number;
  readonly idempotencyKey?: string;
  /** Hex SHA-256 of the request that the key belongs to. */
  readonly requestSha256?: string;
  /** The caller waits for the result, so the key is in use. Has to be renewed. Milliseconds from acceptance, database clock. */
  readonly replyForMs?: number;
  /** Relay topic of the API process that waits for the result. */
  readonly replyTo?: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
  /** Model calls are streamed, whoever follows. @defaultValue false */
  readonly live?: boolean;
}

export type AcceptResult =
  /** Committed now, or by an earlier call with the same id. */
  | { readonly status: 'accepted'; readonly runId: string; readonly epoch: number; readonly wakeNo: number }
  /** The idempotency key already has a run with the same request; `isInUse` while its first caller waits for the result. */
  | { readonly status: 'duplicate'; readonly runId: string; readonly isInUse: boolean }
  /** The idempotency key already belongs to another request. */
  | { readonly status: 'key-reused' };

/** Names one lease: a commit or renewal that names another epoch than the run's writes nothing. */
export interface LeaseRef {
  readonly runId: string;
  readonly epoch: number;
}

/** All the engine needs to go on with a run, as returned by a successful claim. */
export interface ClaimedRun extends LeaseRef {
  readonly kind: RunKind;
  readonly tenantId: string;
  readonly userId?: string;
  readonly requestId: string;
  readonly workflowId?: string;
  readonly workflowName: string;
  readonly workflowVersion?: number;
  readonly definitionSha256?: string;
  readonly input: JsonValue;
  readonly priority: Priority;
  readonly maxCostNanoUsd?: NanoUsd;
  readonly timeoutMs: number;
  readonly replyTo?: string;
  readonly traceparent?: string;
  readonly live: boolean;
  /** Number of the last event stored. */
  readonly seq: number;
  /** Number of the last commit stored; the next one is one higher. */
  readonly commitNo: number;
  readonly costNanoUsd: NanoUsd;
  /** The previous holder's lease ran out while the run was running: a worker died or froze. */
  readonly isTakeover: boolean;
  /** Workers lost since the last step finished, this takeover included. */
  readonly lostCount: number;
  readonly cancelRequested: boolean;
  /** Database clock, Unix milliseconds. */
  readonly acceptedAtMs: number;
  /** First start, database clock; equal to `nowMs` on the first claim. */
  readonly startedAtMs: number;
  /** Database clock at the claim. */
  readonly nowMs: number;
  readonly inFlight: readonly InFlightAttempt[];
  readonly steps: readonly StepRecord[];
  /** All that were ever requested for this run, oldest first. */
  readonly approvals: readonly ApprovalState[];
}

export interface RunFinish {
  readonly type: 'finish';
  readonly status: TerminalRunStatus;
  readonly output?: JsonValue;
  readonly error?: StepError;
  /** A failure handler was needed on the way to `completed`. */
  readonly degraded: boolean;
  /** All step visits in order, materialised into the run row. */
  readonly steps: readonly StepRecord[];
}

export interface RunPark {
  readonly type: 'park';
  /**
   * `queued`: give the run to another worker now. `waiting`: nothing to do until `wakeInMs` is over. `waiting_approval`: nothing
   * to do until somebody decides, or `wakeInMs` is over.
   */
  readonly status: 'queued' | 'waiting' | 'waiting_approval';
  /** Milliseconds from now, database clock. */
  readonly wakeInMs: number;
}

/** One fenced write: everything that changed since the last one, all or nothing. */
export interface RunCommit extends LeaseRef {
  readonly commitNo: number;
  /** Inserted, or replacing the row of the same path and visit unless that row is terminal. */
  readonly steps: readonly StepRecord[];
  readonly events: readonly RunEvent[];
  readonly audit: readonly AuditEntry[];
  /** To be stored as `pending`. */
  readonly approvals?: readonly NewApproval[];
  /** Cost of the run so far: absolute, so that a repeated commit changes nothing. */
  readonly costNanoUsd: NanoUsd;
  /** Reserved for attempts in flight: absolute. */
  readonly reservedNanoUsd: NanoUsd;
  readonly lostCount: number;
  readonly inFlight: readonly InFlightAttempt[];
  readonly transition?: RunFinish | RunPark;
}

export type CommitResult =
  /** Stored, now or by an earlier delivery of the same commit. `wakeNo` is set after a park. */
  | { readonly status: 'committed'; readonly wakeNo?: number }
  /** The lease is someone else's: nothing was written, the holder must stop. */
  | { readonly status: 'stale' };

/** A wake-up: tells a worker to look at a run. Carries ids only. */
export interface Wake {
  readonly runId: string;
  readonly kind: RunKind;
  readonly epoch: number;
  readonly wakeNo: number;
  readonly priority: Priority;
  readonly delayMs?: number;
}

/** One poll of the reconciler. */
export interface DueRuns {
  /** Runs whose `wake_at` has passed, each with its new wake number. */
  readonly due: readonly Wake[];
  /** Runs leased by the asking worker for which cancellation was requested. */
  readonly cancelRequested: readonly LeaseRef[];
}

/** A run as clients see it. */
export interface RunSnapshot {
  readonly runId: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  readonly tenantId: string;
  readonly userId?: string;
  readonly requestId: string;
  readonly workflowId?: string;
  readonly workflowName: string;
  readonly workflowVersion?: number;
  readonly tags: readonly string[];
  readonly input: JsonValue;
  readonly output?: JsonValue;
  readonly error?: StepError;
  readonly degraded: boolean;
  readonly cancelRequested: boolean;
  /** Opaque; differs whenever anything else here does, `wakeAtMs` excepted. */
  readonly version: string;
  readonly maxCostNanoUsd?: NanoUsd;
  readonly costNanoUsd: NanoUsd;
  readonly reservedNanoUsd: NanoUsd;
  readonly acceptedAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  /** When somebody looks at the run again at the latest; absent when finished. */
  readonly wakeAtMs?: number;
  readonly steps: readonly StepRecord[];
}

/** A step in a list of runs: what it did, without what it said. */
export type StepSummary = Pick<
  StepRecord,
  'path' | 'visit' | 'action' | 'status' | 'provider' | 'model' | 'costNanoUsd' | 'latencyMs'
>;

/** A run in a list: documents (inputs, outputs, attempts) are left out, whatever their size. */
export interface RunSummary extends Omit<RunSnapshot, 'input' | 'output' | 'steps'> {
  readonly steps: readonly StepSummary[];
}

/** Which runs, newest first. What is left out does not matter. */
export interface ListRunsQuery {
  readonly tenantId: string;
  readonly kind?: RunKind;
  /** Any of them. */
  readonly statuses?: readonly RunStatus[];
  /** Of the saved workflow with this id. */
  readonly workflowId?: string;
  readonly workflowName?: string;
  readonly userId?: string;
  /** With a step that this provider (and this model) served. */
  readonly provider?: string;
  readonly model?: string;
  readonly tag?: string;
  /** Accepted at this moment or later, database clock, Unix milliseconds. */
  readonly fromMs?: number;
  /** Accepted before this moment, database clock, Unix milliseconds. */
  readonly toMs?: number;
  /** Cost so far. */
  readonly minCostNanoUsd?: NanoUsd;
  readonly maxCostNanoUsd?: NanoUsd;
  /** 1 to 1,000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string;
}

export interface RunPage {
  readonly runs: readonly RunSummary[];
  /** Id of a run; absent on the last page. A page may be short, or empty, and have it: the search was interrupted. */
  readonly next?: string;
}

/** A saved workflow. */
export interface SavedWorkflow {
  readonly workflowId: string;
  readonly name: string;
  readonly version: number;
  readonly status: 'active' | 'archived' | 'draft';
  readonly definition: JsonObject;
  readonly definitionSha256: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
