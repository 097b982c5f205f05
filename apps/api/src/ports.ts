import type {
  AcceptResult,
  ApprovalDecision,
  ApprovalPage,
  ApprovalRecord,
  DecideApprovalResult,
  EventPosition,
  Issue,
  JsonObject,
  KeyAnswer,
  KeyClaim,
  ListApprovalsQuery,
  ListRunsQuery,
  NewRun,
  RelayMessage,
  RunPage,
  RunSnapshot,
  RunStatus,
  SavedWorkflow,
  StoredEvents,
  StoredReply,
  Wake,
  WorkflowDefinition,
} from '@orchestrator/contracts';
import type { RouterEngine } from '@orchestrator/router';
import type { UrlVerdict } from '@orchestrator/safe-fetch';
import type { WebhookStore } from '@orchestrator/store';
import type { AnsweredRequest, RequestTracing } from '@orchestrator/telemetry';
import type { SecretBox } from '@orchestrator/webhooks';
import type { RequestLimit } from './http/request-limit.ts';

/** What saving a workflow came to; `immutable`: this version has been run with another definition. */
export type SaveWorkflowResult = {
  readonly status: 'created' | 'updated' | 'unchanged' | 'immutable';
  readonly workflow: SavedWorkflow;
};

/** The part of the store that the API uses. All methods reject with `AppError('store-unavailable')` when it is down. */
export interface ApiStore
  extends Omit<WebhookStore, 'claimWebhookDeliveries' | 'completeWebhookDelivery' | 'purgeWebhookDeliveries'> {
  acceptRun(run: NewRun): Promise<AcceptResult>;
  /** Unknown ids are absent from the answer. Repeating it changes nothing. */
  requestCancel(request: {
    readonly tenantId: string;
    readonly runIds: readonly string[];
  }): Promise<readonly { readonly runId: string; readonly status: RunStatus; readonly wake?: Wake }[]>;
  /** Unknown ids are absent from the answer. */
  getRuns(request: { readonly tenantId: string; readonly runIds: readonly string[] }): Promise<readonly RunSnapshot[]>;
  /** Oldest first; null when the run is unknown, or another tenant's. */
  readEvents(read: {
    readonly tenantId: string;
    readonly runId: string;
    readonly after: EventPosition;
    readonly limit: number;
  }): Promise<StoredEvents | null>;
  /** `version` of a run, cheaper than the run; null when it is unknown. */
  getRunVersion(request: { readonly tenantId: string; readonly runId: string }): Promise<string | null>;
  /** Newest first. */
  listRuns(query: ListRunsQuery): Promise<RunPage>;
  /** The callers of these runs still wait, so their idempotency keys are in use; without a time they wait no longer. */
  holdReplies(request: { readonly tenantId: string; readonly runIds: readonly string[]; readonly forMs?: number }): Promise<void>;
  /** Claims an idempotency key for a request that starts no run. */
  claimKey(claim: KeyClaim & { readonly requestSha256: string; readonly lockMs: number }): Promise<KeyAnswer>;
  /** Keeps the reply under the claimed key; without one, gives the key back. */
  settleKey(claim: KeyClaim & { readonly reply?: StoredReply }): Promise<void>;
  saveWorkflow(request: {
    readonly tenantId: string;
    readonly name: string;
    readonly version: number;
    readonly status: 'active' | 'draft';
    readonly definition: JsonObject;
    readonly definitionSha256: string;
  }): Promise<SaveWorkflowResult>;
  getWorkflow(request: { readonly tenantId: string; readonly workflowId: string }): Promise<SavedWorkflow | null>;
  listWorkflows(request: {
    readonly tenantId: string;
    readonly limit: number;
  }): Promise<{ readonly total: number; readonly workflows: readonly SavedWorkflow[] }>;
  /** Newest first. */
  listApprovals(query: ListApprovalsQuery): Promise<ApprovalPage>;
  /** Null when it is unknown, or another tenant's. */
  getApproval(tenantId: string, approvalId: string): Promise<ApprovalRecord | null>;
  /** Decides once; the run is queued again in the same transaction. */
  decideApproval(decision: ApprovalDecision): Promise<DecideApprovalResult>;
  ping(): Promise<unknown>;
}

/** What the API asks of the router: names, prices and health. It makes no model call. */
export type ApiRouter = Pick<
  RouterEngine,
  'checkNames' | 'checkServable' | 'estimateAll' | 'plan' | 'providersInfo' | 'models' | 'health'
>;

/** The part of the queue that the API uses. Everything sent here may be lost. */
export interface ApiQueue {
  wake(wakes: readonly Wake[]): Promise<void>;
  publish(topic: string, message: RelayMessage): Promise<void>;
  subscribe(topic: string, handler: (message: RelayMessage) => void): Promise<() => Promise<void>>;
  ping(): Promise<void>;
}

/** The verdict on a submitted workflow. Pointers are relative to the document. */
export type WorkflowValidation =
  | {
      readonly ok: true;
      readonly definition: WorkflowDefinition;
      /** `timeoutMs`: limit of the whole run, defaults filled in. */
      readonly plan: { readonly timeoutMs: number };
      readonly warnings: readonly Issue[];
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Pure: the same document always gets the same verdict. */
export type ValidateWorkflow = (document: unknown) => WorkflowValidation;

export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`; returns a function that cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

export interface Log {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** All that the API needs of the outside. */
export interface ApiDeps {
  readonly store: ApiStore;
  readonly queue: ApiQueue;
  readonly router: ApiRouter;
  /** Providers of the router that the configuration added. */
  readonly customProviderIds: ReadonlySet<string>;
  /** Names of one's own for models, under which OpenAI's clients may ask for them. */
  readonly modelAliases: Readonly<Record<string, { readonly provider: string; readonly model: string }>>;
  /** A call whose worst case is over this waits for approval, US dollars. */
  readonly approvalThresholdUSD: number;
  /** How long an approval may take, in milliseconds. */
  readonly approvalTimeoutMs: number;
  readonly validateWorkflow: ValidateWorkflow;
  /** Whether an endpoint may have this URL, as far as its text tells. */
  readonly checkWebhookUrl: (text: string) => UrlVerdict;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly log: Log;
  /** Unique per process; letters, digits, `-` and `_` only: it becomes part of a relay topic. */
  readonly nodeId: string;
  /** How long a submission waits for its result when the client doesn't say, in milliseconds. */
  readonly syncWaitMs: number;
  /** Of submissions per tenant; null: none. */
  readonly requestLimit: RequestLimit | null;
  /** Absent: no spans are recorded. */
  readonly tracing?: RequestTracing;
  /** Told of every answered request, for metrics. Must not throw. */
  readonly onAnswered?: (request: AnsweredRequest) => void;
}
