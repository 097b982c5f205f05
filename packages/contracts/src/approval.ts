import type { NanoUsd } from './money.ts';
import type { Wake } from './run.ts';

export const approvalStatuses = ['pending', 'approved', 'rejected', 'expired', 'cancelled'] as const;
/** `cancelled`: the run ended without the decision. Only `pending` can change, and it changes once. */
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What is asked: `cost`, a model call whose worst case is over the threshold or unknown. */
export type ApprovalKind = 'cost';

/** The question, as every view of an approval shows it. */
interface ApprovalQuestion {
  /** UUID, derived from run, step and number of the question: asking again after a crash is the same question. */
  readonly id: string;
  /** Path of the step that waits. */
  readonly path: string;
  readonly kind: ApprovalKind;
  readonly provider: string;
  readonly model: string;
  /** The most the call can cost; `null` where no price is known. */
  readonly estimatedCostNanoUsd: NanoUsd | null;
  readonly thresholdUSD: number;
}

/** An approval to be requested with a commit. */
export interface NewApproval extends ApprovalQuestion {
  /** A sentence for the person who decides. */
  readonly message: string;
  /** Milliseconds from the commit, database clock. */
  readonly expiresInMs: number;
}

/** An approval of a claimed run, as the engine sees it. */
export interface ApprovalState extends ApprovalQuestion {
  /** At the moment of the claim, database clock: `expired` once `expiresAtMs` has passed undecided. */
  readonly status: ApprovalStatus;
  /** Database clock, Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** What a step in `waiting_approval` waits for. */
export interface PendingApproval extends Pick<ApprovalQuestion, 'id' | 'estimatedCostNanoUsd' | 'thresholdUSD'> {
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** An approval as clients see it. Times are Unix milliseconds of the database clock. */
export interface ApprovalRecord extends ApprovalState {
  readonly tenantId: string;
  readonly runId: string;
  readonly message: string;
  readonly createdAtMs: number;
  /** Set once it is decided, expired or cancelled. */
  readonly decidedAtMs?: number;
  readonly decidedBy?: string;
  readonly note?: string;
}

/** A page of approvals, newest first. */
export interface ListApprovalsQuery {
  readonly tenantId: string;
  readonly status?: ApprovalStatus;
  readonly runId?: string;
  /** 1 to 1,000. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface ApprovalPage {
  readonly approvals: readonly ApprovalRecord[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

export interface ApprovalDecision {
  readonly tenantId: string;
  readonly approvalId: string;
  readonly decision: 'approve' | 'reject';
  readonly decidedBy?: string;
  readonly note?: string;
  /** A decision with the token of the one that was taken is its repetition. @defaultValue a new one for each call */
  readonly token?: string;
}

export type DecideApprovalResult =
  /** Decided by this call: the run is queued again; `wake` is to be enqueued. */
  | { readonly status: 'decided'; readonly approval: ApprovalRecord; readonly wake: Wake }
  /** It was decided, expired or cancelled before; `approval` says how. */
  | { readonly status: 'conflict'; readonly approval: ApprovalRecord }
  | { readonly status: 'not-found' };
