import {
  type AcceptResult,
  AppError,
  type ApprovalDecision,
  type ApprovalPage,
  type ApprovalRecord,
  type ClaimedRun,
  type CommitResult,
  type DecideApprovalResult,
  type DueRuns,
  type JsonObject,
  type JsonValue,
  type LeaseRef,
  type ListApprovalsQuery,
  type NewRun,
  type PlacedEvent,
  type RunCommit,
  type RunEvent,
  type RunStatus,
  type StepError,
  type StepRecord,
  type Wake,
} from '@orchestrator/contracts';
import type { RunStore } from '../ports.ts';
import { MemoryApprovals, traceOf } from './memory-approvals.ts';

/** A run as the memory store keeps it: the columns of the real table that matter to the engine. */
export interface MemoryRun {
  readonly accepted: NewRun;
  readonly acceptedAtMs: number;
  status: RunStatus;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  leaseEpoch: number;
  leaseOwner: string | null;
  leaseToken: string | null;
  leaseExpiresAtMs: number | null;
  wakeAtMs: number | null;
  wakeNo: number;
  wakeMisses: number;
  commitNo: number;
  lostCount: number;
  /** Whether the current lease was taken from a lost worker; what a repeated claim answers. */
  isTakeover: boolean;
  cancelRequestedAtMs: number | null;
  costNanoUsd: number;
  reservedNanoUsd: number;
  inFlight: RunCommit['inFlight'];
  output: JsonValue;
  error: StepError | null;
  degraded: boolean;
  finishedSteps: readonly StepRecord[] | null;
  readonly steps: Map<string, StepRecord>;
  /** As stored: pieces of answers are packed. */
  readonly events: PlacedEvent[];
  readonly audit: RunCommit['audit'][number][];
}

const terminalStepStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'skipped', 'cancelled']);
const terminalRunStatuses: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
const firstWakeMs = 5_000;
const maxWakeMs = 60_000;

export interface MemoryStoreOptions {
  /** The database's clock, Unix milliseconds. */
  readonly nowMs: () => number;
  readonly leaseMs: number;
}

/**
 * The semantics of the SQL functions in plain code, for the simulator: small enough to be checked by eye, and held to
 * the same contract suite as the real store.
 */
export class MemoryStore implements RunStore {
  readonly runs = new Map<string, MemoryRun>();
  readonly #options: MemoryStoreOptions;
  readonly #approvals: MemoryApprovals;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#approvals = new MemoryApprovals(options.nowMs);
  }

  /** Every approval of the run, oldest first. */
  approvalsOf(runId: string): readonly ApprovalRecord[] {
    return this.#approvals.recordsOf(runId);
  }

  /** Lets the time of an approval run out. */
  expireApproval(approvalId: string): void {
    this.#approvals.expire(approvalId);
  }

  async acceptRun(run: NewRun): Promise<AcceptResult> {
    const existing = this.runs.get(run.id);
    if (existing !== undefined) return { status: 'accepted', runId: run.id, epoch: existing.leaseEpoch, wakeNo: existing.wakeNo };
    if (run.idempotencyKey !== undefined) {
      for (const { accepted, acceptedAtMs, status } of this.runs.values()) {
        if (accepted.tenantId !== run.tenantId || accepted.idempotencyKey !== run.idempotencyKey) continue;
        if (accepted.requestSha256 !== run.requestSha256) return { status: 'key-reused' };
        const isAwaited = acceptedAtMs + (accepted.replyForMs ?? 0) > this.#options.nowMs();
        const isInUse = isAwaited && !terminalRunStatuses.has(status) && status !== 'waiting_approval';
        return { status: 'duplicate', runId: accepted.id, isInUse };
      }
    }
    const nowMs = this.#options.nowMs();
    this.runs.set(run.id, {
      accepted: run,
      acceptedAtMs: nowMs,
      status: 'queued',
      startedAtMs: null,
      finishedAtMs: null,
      leaseEpoch: 0,
      leaseOwner: null,
      leaseToken: null,
      leaseExpiresAtMs: null,
      wakeAtMs: nowMs + firstWakeMs,
      wakeNo: 1,
      wakeMisses: 0,
      commitNo: 0,
      lostCount: 0,
      isTakeover: false,
      cancelRequestedAtMs: null,
      costNanoUsd: 0,
      reservedNanoUsd: 0,
      inFlight: [],
      output: null,
      error: null,
      degraded: false,
      finishedSteps: null,
      steps: new Map(),
      events: [{ epoch: 0, seq: 1, type: 'run-accepted', data: {}, atMs: nowMs }],
      audit: [{ eventType: 'run-accepted' }],
    });
    return { status: 'accepted', runId: run.id, epoch: 0, wakeNo: 1 };
  }

  async claimRun(claim: {
    readonly runId: string;
    readonly workerId: string;
    readonly token: string;
  }): Promise<ClaimedRun | null> {
    const run = this.runs.get(claim.runId);
    if (run === undefined || terminalRunStatuses.has(run.status)) return null;
    const nowMs = this.#options.nowMs();
    const isRepeated = run.status === 'running' && run.leaseToken === claim.token;
    if (!isRepeated) {
      if (run.status === 'running' && (run.leaseExpiresAtMs ?? 0) > nowMs) return null;
      // dueRuns moves wake_at on when it finds a run due; its trace is wake_misses.
      const isEarly = (run.wakeAtMs ?? 0) > nowMs && run.wakeMisses === 0 && run.cancelRequestedAtMs === null;
      if ((run.status === 'waiting' || run.status === 'waiting_approval') && isEarly) return null;
      run.isTakeover = run.status === 'running';
      run.leaseEpoch += 1;
      run.lostCount += run.isTakeover ? 1 : 0;
      run.leaseOwner = claim.workerId;
      run.leaseToken = claim.token;
      run.reservedNanoUsd = 0;
    }
    run.status = 'running';
    run.leaseExpiresAtMs = nowMs + this.#options.leaseMs;
    run.wakeAtMs = run.leaseExpiresAtMs;
    run.wakeMisses = 0;
    run.startedAtMs ??= nowMs;
    return this.#claimed(run, nowMs);
  }

  #claimed(run: MemoryRun, nowMs: number): ClaimedRun {
    const { id, definition: _definition, idempotencyKey: _key, requestSha256: _sha, ...accepted } = run.accepted;
    return {
      ...accepted,
      runId: id,
      epoch: run.leaseEpoch,
      live: accepted.live ?? false,
      seq: run.events.at(-1)?.seq ?? 0,
      commitNo: run.commitNo,
      costNanoUsd: run.costNanoUsd,
      isTakeover: run.isTakeover,
      lostCount: run.lostCount,
      cancelRequested: run.cancelRequestedAtMs !== null,
      acceptedAtMs: run.acceptedAtMs,
      startedAtMs: run.startedAtMs ?? nowMs,
      nowMs,
      inFlight: run.inFlight,
      steps: [...run.steps.values()],
      approvals: this.#approvals.statesOf(id),
    };
  }

  async commitRun(commit: RunCommit): Promise<CommitResult> {
    const run = this.runs.get(commit.runId);
    if (run === undefined || run.leaseEpoch !== commit.epoch) return { status: 'stale' };
    const isParked = commit.transition?.type === 'park';
    if (run.commitNo >= commit.commitNo) return { status: 'committed', ...(isParked && { wakeNo: run.wakeNo }) };
    if (run.status !== 'running') return { status: 'stale' };
    run.commitNo = commit.commitNo;
    run.costNanoUsd = commit.costNanoUsd;
    run.reservedNanoUsd = commit.reservedNanoUsd;
    run.lostCount = commit.lostCount;
    run.inFlight = commit.inFlight;
    for (const step of commit.steps) {
      const key = `${step.path}#${step.visit}`;
      if (!terminalStepStatuses.has(run.steps.get(key)?.status ?? '')) run.steps.set(key, step);
    }
    run.events.push(...commit.events.map((event) => ({ ...event, epoch: commit.epoch })));
    run.audit.push(...commit.audit);
    this.#approvals.request(run.accepted, commit.approvals ?? []);
    if (commit.transition !== undefined) this.#transition(run, commit.transition);
    return { status: 'committed', ...(isParked && { wakeNo: run.wakeNo }) };
  }

  #transition(run: MemoryRun, transition: NonNullable<RunCommit['transition']>): void {
    const nowMs = this.#options.nowMs();
    run.status = transition.status;
    run.leaseOwner = null;
    run.leaseToken = null;
    run.leaseExpiresAtMs = null;
    if (transition.type === 'park') {
      run.wakeNo += 1;
      run.wakeMisses = 0;
      // A cancellation that arrived before the park must not sleep with it.
      run.wakeAtMs = run.cancelRequestedAtMs === null ? nowMs + transition.wakeInMs : nowMs;
      return;
    }
    run.wakeAtMs = null;
    run.finishedAtMs = nowMs;
    run.reservedNanoUsd = 0;
    run.output = transition.output ?? null;
    run.error = transition.error ?? null;
    run.degraded = transition.degraded;
    run.finishedSteps = transition.steps;
    this.#approvals.close(run.accepted.id);
  }

  async renewLeases(leases: readonly LeaseRef[]): Promise<readonly LeaseRef[]> {
    const lost: LeaseRef[] = [];
    for (const lease of leases) {
      const run = this.runs.get(lease.runId);
      if (run === undefined || run.leaseEpoch !== lease.epoch || run.status !== 'running') {
        lost.push(lease);
        continue;
      }
      run.leaseExpiresAtMs = this.#options.nowMs() + this.#options.leaseMs;
      run.wakeAtMs = run.leaseExpiresAtMs;
    }
    return lost;
  }

  async dueRuns(poll: { readonly workerId: string; readonly limit: number }): Promise<DueRuns> {
    const nowMs = this.#options.nowMs();
    const due: Wake[] = [];
    const cancelRequested: LeaseRef[] = [];
    for (const [runId, run] of this.runs) {
      if (run.leaseOwner === poll.workerId && run.cancelRequestedAtMs !== null)
        cancelRequested.push({ runId, epoch: run.leaseEpoch });
      if (run.wakeAtMs === null || run.wakeAtMs > nowMs || due.length >= poll.limit) continue;
      run.wakeNo += 1;
      run.wakeAtMs = nowMs + Math.min(maxWakeMs, firstWakeMs * 2 ** Math.min(run.wakeMisses, 10));
      run.wakeMisses += 1;
      const { kind, priority } = run.accepted;
      due.push({ runId, kind, epoch: run.leaseEpoch, wakeNo: run.wakeNo, priority });
    }
    return { due, cancelRequested };
  }

  /** Marks a run for cancellation, as the API does. @returns the wake-up to enqueue, or null when there is nothing to cancel */
  async requestCancel(runId: string): Promise<Wake | null> {
    const run = this.runs.get(runId);
    if (run === undefined || terminalRunStatuses.has(run.status)) return null;
    run.cancelRequestedAtMs ??= this.#options.nowMs();
    this.#approvals.close(runId);
    if (run.leaseEpoch === 0) {
      this.#endUnstarted(run);
      return null;
    }
    run.wakeNo += 1;
    if (run.status !== 'running') run.wakeAtMs = this.#options.nowMs();
    return { runId, kind: run.accepted.kind, epoch: run.leaseEpoch, wakeNo: run.wakeNo, priority: run.accepted.priority };
  }

  /** A run that nobody ever had ends at once. */
  #endUnstarted(run: MemoryRun): void {
    run.status = 'cancelled';
    run.error = { name: 'Run.Cancelled', message: 'The run was cancelled.', retryable: false };
    run.wakeAtMs = null;
    run.finishedAtMs = this.#options.nowMs();
    run.finishedSteps = [];
    this.#addEvent(run, { type: 'run-cancelled', data: { error: { ...run.error }, degraded: false } });
    run.audit.push({ eventType: 'run-cancelled', costNanoUsd: 0, detail: { error: run.error.name } });
  }

  /** What happens to a run while nobody has it. */
  #addEvent(run: MemoryRun, event: Pick<RunEvent, 'type' | 'data'>): void {
    const seq = (run.events.at(-1)?.seq ?? 0) + 1;
    run.events.push({ ...event, epoch: run.leaseEpoch, seq, atMs: this.#options.nowMs() });
  }

  async listApprovals(query: ListApprovalsQuery): Promise<ApprovalPage> {
    return this.#approvals.list(query);
  }

  async getApproval(tenantId: string, approvalId: string): Promise<ApprovalRecord | null> {
    return this.#approvals.get(tenantId, approvalId);
  }

  async decideApproval(decision: ApprovalDecision): Promise<DecideApprovalResult> {
    const approval = this.#approvals.get(decision.tenantId, decision.approvalId);
    const run = this.runs.get(approval?.runId ?? '');
    if (approval === null || run === undefined) return { status: 'not-found' };
    if (approval.status !== 'pending') return { status: 'conflict', approval };
    if (run.status === 'running') throw new AppError('store-unavailable', 'a worker holds the run', { retryable: true });
    const decided = this.#approvals.decide(decision);
    const { event, entry } = traceOf(decided);
    run.status = 'queued';
    run.wakeAtMs = this.#options.nowMs();
    run.wakeNo += 1;
    run.wakeMisses = 0;
    this.#addEvent(run, event);
    run.audit.push(entry);
    const { kind, priority } = run.accepted;
    return {
      status: 'decided',
      approval: decided,
      wake: { runId: decided.runId, kind, epoch: run.leaseEpoch, wakeNo: run.wakeNo, priority },
    };
  }

  async getDefinition(tenantId: string, sha256: string): Promise<JsonObject | null> {
    for (const { accepted } of this.runs.values()) {
      if (accepted.tenantId === tenantId && accepted.definitionSha256 === sha256 && accepted.definition !== undefined)
        return accepted.definition;
    }
    return null;
  }
}
