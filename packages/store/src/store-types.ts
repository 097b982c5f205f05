import type {
  AcceptResult,
  ApprovalDecision,
  ApprovalPage,
  ApprovalRecord,
  ClaimedRun,
  CommitResult,
  DecideApprovalResult,
  DueRuns,
  EventPosition,
  JsonObject,
  KeyAnswer,
  KeyClaim,
  LeaseRef,
  ListApprovalsQuery,
  ListRunsQuery,
  NewRun,
  RunCommit,
  RunPage,
  RunSnapshot,
  RunStatus,
  SavedWorkflow,
  StoredEvents,
  StoredReply,
  Wake,
} from '@orchestrator/contracts';
import type { StoreConnection } from './create-rpc.ts';
import type { WebhookStore } from './webhook-store.ts';

export interface StoreOptions {
  readonly connection: StoreConnection;
  /** How long a claim or renewal keeps a run, in milliseconds. @defaultValue 7000 */
  readonly leaseMs?: number;
}

export interface CancelAnswer {
  readonly runId: string;
  /** After the call. */
  readonly status: RunStatus;
  /** To be enqueued; absent when the run is finished or a live worker holds it (its next poll of `dueRuns` tells it). */
  readonly wake?: Wake;
}

export interface NewWorkflow {
  readonly tenantId: string;
  readonly name: string;
  readonly version: number;
  readonly status: 'active' | 'draft';
  readonly definition: JsonObject;
  /** Hex SHA-256 of the definition's canonical JSON. */
  readonly definitionSha256: string;
}

export interface SaveWorkflowResult {
  /** `immutable`: this version has another definition and has already run; `workflow` is the stored one. */
  readonly status: 'created' | 'updated' | 'unchanged' | 'immutable';
  readonly workflow: SavedWorkflow;
}

/**
 * The truth. Every method is one transaction on the database's clock and safe to repeat.
 *
 * All methods reject with `AppError('store-unavailable')` (retryable) when the database can't be reached or can't
 * serve: commits after trying for 2 s, renewals for half a lease, the others for 0.25 s. A commit that rejects so may or may not
 * be stored; sending the same commit again tells. `AppError('internal')` is a row that the database refuses, with the
 * SQLSTATE in `details.sqlState`; only the call that brought it rejects. `AppError('invalid-configuration')` is a
 * wrong key or a database that is not migrated; `AppError('shutting-down')` a call after `close`.
 */
export interface Store extends WebhookStore {
  /** Commits a run and its first event, or says what the idempotency key already stands for. Concurrent calls coalesce. */
  acceptRun(run: NewRun): Promise<AcceptResult>;
  /** Takes the lease of a run; null when it is unknown, finished, not due or held by a live worker. */
  claimRun(claim: { readonly runId: string; readonly workerId: string; readonly token: string }): Promise<ClaimedRun | null>;
  /** One fenced write, all or nothing. Commits of one run are sent in the order of the calls. */
  commitRun(commit: RunCommit): Promise<CommitResult>;
  /** Extends leases by `leaseMs` from now; returns those that are lost. */
  renewLeases(leases: readonly LeaseRef[]): Promise<readonly LeaseRef[]>;
  /** Runs whose `wake_at` has passed, at most `limit`, and cancellations for runs that `workerId` holds. */
  dueRuns(poll: { readonly workerId: string; readonly limit: number }): Promise<DueRuns>;
  /** The immutable definition with this hash, or null. */
  getDefinition(tenantId: string, sha256: string): Promise<JsonObject | null>;
  /** Marks runs as cancelled-to-be; unknown ids are absent from the answer, finished runs keep their status. */
  requestCancel(request: { readonly tenantId: string; readonly runIds: readonly string[] }): Promise<readonly CancelAnswer[]>;
  /** Known runs of this tenant, in no particular order. Concurrent calls coalesce. */
  getRuns(request: { readonly tenantId: string; readonly runIds: readonly string[] }): Promise<readonly RunSnapshot[]>;
  /**
   * What is stored of a run's events after a position, oldest first, at most `limit` rows; null when it is unknown, or another
   * tenant's. Concurrent calls coalesce.
   */
  readEvents(read: {
    readonly tenantId: string;
    readonly runId: string;
    readonly after: EventPosition;
    readonly limit: number;
  }): Promise<StoredEvents | null>;
  /** The version that `getRuns` would give, for a fraction of the cost; null when it is unknown, or another tenant's. */
  getRunVersion(request: { readonly tenantId: string; readonly runId: string }): Promise<string | null>;
  /**
   * Newest first by id, without inputs, outputs and attempts. Examines 5,000 runs at most, so a page may be short, or empty, and
   * have a `next` all the same.
   */
  listRuns(query: ListRunsQuery): Promise<RunPage>;
  /**
   * Renews `NewRun.replyForMs`: the callers of these runs still wait. Without a time they wait no longer, which is final: the
   * idempotency keys are no longer in use.
   */
  holdReplies(request: { readonly tenantId: string; readonly runIds: readonly string[]; readonly forMs?: number }): Promise<void>;
  /**
   * Claims an idempotency key for a request that starts no run. A claim whose process died is replaced by a repetition of the
   * request when `lockMs` have passed.
   */
  claimKey(claim: KeyClaim & { readonly requestSha256: string; readonly lockMs: number }): Promise<KeyAnswer>;
  /** Keeps the reply under the claimed key; without one, gives the key back. Does nothing for a claim that was replaced. */
  settleKey(claim: KeyClaim & { readonly reply?: StoredReply }): Promise<void>;
  /** Creates or changes one version of a workflow; a version that has run keeps its definition. */
  saveWorkflow(workflow: NewWorkflow): Promise<SaveWorkflowResult>;
  getWorkflow(request: { readonly tenantId: string; readonly workflowId: string }): Promise<SavedWorkflow | null>;
  /** Last changed first, at most `limit`; `total` counts all of the tenant. */
  listWorkflows(request: {
    readonly tenantId: string;
    readonly limit: number;
  }): Promise<{ readonly total: number; readonly workflows: readonly SavedWorkflow[] }>;
  /** Newest first; one that nobody decided in time is listed as `expired`. An unknown cursor or run gives an empty page. */
  listApprovals(query: ListApprovalsQuery): Promise<ApprovalPage>;
  /** Null when it is unknown, or another tenant's. */
  getApproval(tenantId: string, approvalId: string): Promise<ApprovalRecord | null>;
  /**
   * Decides once; the run is queued again in the same transaction. Rejects with `store-unavailable` (retryable) also while a
   * worker holds the run for longer than some retries take.
   */
  decideApproval(decision: ApprovalDecision): Promise<DecideApprovalResult>;
  /** The database's clock, Unix milliseconds. */
  ping(): Promise<{ readonly nowMs: number }>;
  /**
   * Creates the audit log's partitions of the coming months and deletes idempotency keys that are over a day old; call it daily, from
   * any number of processes.
   */
  maintain(): Promise<void>;
  /** Requests sent and rows carried since the start, per SQL function. */
  metrics(): { readonly requests: Readonly<Record<string, number>>; readonly rows: Readonly<Record<string, number>> };
  /** Sends what is queued, then closes the connections. */
  close(): Promise<void>;
}
