import type {
  ApprovalDecision,
  ApprovalPage,
  ApprovalRecord,
  ApprovalState,
  AuditEntry,
  ListApprovalsQuery,
  NewApproval,
  NewRun,
  RunEvent,
} from '@orchestrator/contracts';

/** What a decision leaves in the run's history and in the audit log. */
export function traceOf({
  id: approvalId,
  path,
  provider,
  model,
  status,
  decidedBy,
  note,
  estimatedCostNanoUsd,
}: ApprovalRecord): {
  readonly event: Pick<RunEvent, 'type' | 'data'>;
  readonly entry: AuditEntry;
} {
  const type = status === 'approved' ? 'approval-approved' : 'approval-rejected';
  const facts = { approvalId, ...(decidedBy !== undefined && { decidedBy }) };
  const detail = {
    ...facts,
    ...(note !== undefined && { note }),
    ...(estimatedCostNanoUsd !== null && { estimatedCostNanoUsd }),
  };
  return { event: { type, data: { path, ...facts } }, entry: { eventType: type, path, provider, model, detail } };
}

/** The approvals of the memory store: the rows of the real table, in the order of their creation. */
export class MemoryApprovals {
  readonly #nowMs: () => number;
  readonly #rows = new Map<string, ApprovalRecord>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Asking again under the same id changes nothing. */
  request(run: NewRun, approvals: readonly NewApproval[]): void {
    const createdAtMs = this.#nowMs();
    for (const { expiresInMs, ...approval } of approvals) {
      if (this.#rows.has(approval.id)) continue;
      const expiresAtMs = createdAtMs + expiresInMs;
      const { tenantId, id: runId } = run;
      this.#rows.set(approval.id, { ...approval, tenantId, runId, status: 'pending', createdAtMs, expiresAtMs });
    }
  }

  /** The run has ended, or is to end: it asks nothing any more. */
  close(runId: string): void {
    const decidedAtMs = this.#nowMs();
    for (const row of this.#rows.values()) {
      if (row.runId !== runId || row.status !== 'pending') continue;
      const status = row.expiresAtMs <= decidedAtMs ? 'expired' : 'cancelled';
      this.#rows.set(row.id, { ...row, status, decidedAtMs });
    }
  }

  /** Whoever calls has checked that it is pending. */
  decide({ approvalId, decision, decidedBy, note }: ApprovalDecision): ApprovalRecord {
    const row = this.#rows.get(approvalId);
    if (row === undefined) throw new TypeError(`no approval ${approvalId}`);
    const decided: ApprovalRecord = {
      ...row,
      status: decision === 'approve' ? 'approved' : 'rejected',
      decidedAtMs: this.#nowMs(),
      ...(decidedBy !== undefined && { decidedBy }),
      ...(note !== undefined && { note }),
    };
    this.#rows.set(approvalId, decided);
    return decided;
  }

  /** Lets an approval's time run out. */
  expire(approvalId: string): void {
    const row = this.#rows.get(approvalId);
    if (row !== undefined) this.#rows.set(approvalId, { ...row, expiresAtMs: this.#nowMs() });
  }

  get(tenantId: string, approvalId: string): ApprovalRecord | null {
    const row = this.#rows.get(approvalId);
    return row === undefined || row.tenantId !== tenantId ? null : this.#seen(row);
  }

  list({ tenantId, status, runId, limit, cursor }: ListApprovalsQuery): ApprovalPage {
    const newestFirst = [...this.#rows.values()].filter((row) => row.tenantId === tenantId).reverse();
    const start = cursor === undefined ? 0 : newestFirst.findIndex((row) => row.id === cursor) + 1;
    if (cursor !== undefined && start === 0) return { approvals: [] };
    const found = newestFirst
      .slice(start)
      .map((row) => this.#seen(row))
      .filter((row) => (status === undefined || row.status === status) && (runId === undefined || row.runId === runId));
    const approvals = found.slice(0, limit);
    const last = approvals.at(-1);
    return { approvals, ...(found.length > limit && last !== undefined && { nextCursor: last.id }) };
  }

  recordsOf(runId: string): readonly ApprovalRecord[] {
    return [...this.#rows.values()].filter((row) => row.runId === runId).map((row) => this.#seen(row));
  }

  statesOf(runId: string): readonly ApprovalState[] {
    return this.recordsOf(runId).map(
      ({ id, path, kind, status, provider, model, estimatedCostNanoUsd, thresholdUSD, expiresAtMs }) => ({
        id,
        path,
        kind,
        status,
        provider,
        model,
        estimatedCostNanoUsd,
        thresholdUSD,
        expiresAtMs,
      }),
    );
  }

  /** Undecided past its time is expired. */
  #seen(row: ApprovalRecord): ApprovalRecord {
    if (row.status !== 'pending' || row.expiresAtMs > this.#nowMs()) return row;
    return { ...row, status: 'expired', decidedAtMs: row.expiresAtMs };
  }
}
