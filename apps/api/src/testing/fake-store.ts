import {
  AppError,
  type ApprovalRecord,
  isTerminalRunStatus,
  type KeyAnswer,
  type ListRunsQuery,
  type NewRun,
  type PlacedEvent,
  type RunSnapshot,
  type RunStatus,
  type SavedWorkflow,
  type StoredReply,
  type Wake,
} from '@orchestrator/contracts';
import type { ApiStore } from '../ports.ts';
import { createFakeWebhooks, type FakeWebhooks } from './fake-webhooks.ts';

export interface FakeStore extends ApiStore {
  readonly webhooks: FakeWebhooks;
  /** Accepted runs, oldest first. */
  readonly accepted: NewRun[];
  readonly calls: string[];
  /** Ids of each `getRuns` call. */
  readonly reads: (readonly string[])[];
  /** Claimed idempotency keys of requests that start no run, and what was answered. */
  readonly replies: Map<string, { readonly token: string; readonly requestSha256: string; reply?: StoredReply }>;
  /** What `holdReplies` was asked for. */
  readonly holds: Parameters<ApiStore['holdReplies']>[0][];
  /** What `listRuns` was asked for. */
  readonly lists: ListRunsQuery[];
  /** While set, every call rejects with it. */
  failure: unknown;
  /** While set, only these methods fail. */
  failing: ReadonlySet<string> | null;
  /** While set, `ping` hangs. */
  isHanging: boolean;
  /** Called after a run was accepted and before the caller learns of it. */
  onAccepted: ((run: NewRun) => void) | null;
  /** Pending approvals of tests and what became of them, oldest first. */
  readonly approvals: ApprovalRecord[];
  /** Stored events of runs, oldest first. */
  readonly events: Map<string, PlacedEvent[]>;
  patch(runId: string, patch: Partial<RunSnapshot>): void;
  run(runId: string): RunSnapshot;
}

export const storeDown = new AppError('store-unavailable', 'The database does not answer.', {
  retryable: true,
  retryAfterMs: 2_500,
});

function toSnapshot(run: NewRun, acceptedAtMs: number): RunSnapshot {
  return {
    runId: run.id,
    kind: run.kind,
    status: 'queued',
    tenantId: run.tenantId,
    ...(run.userId === undefined ? {} : { userId: run.userId }),
    requestId: run.requestId,
    ...(run.workflowId === undefined ? {} : { workflowId: run.workflowId }),
    workflowName: run.workflowName,
    tags: run.tags ?? [],
    version: 'queued.0',
    ...(run.workflowVersion === undefined ? {} : { workflowVersion: run.workflowVersion }),
    input: run.input,
    degraded: false,
    cancelRequested: false,
    ...(run.maxCostNanoUsd === undefined ? {} : { maxCostNanoUsd: run.maxCostNanoUsd }),
    costNanoUsd: 0,
    reservedNanoUsd: 0,
    acceptedAtMs,
    wakeAtMs: acceptedAtMs + 5_000,
    steps: [],
  };
}

/** The store's contract in memory, as far as the API sees it. */
export function createFakeStore(newId: () => string): FakeStore {
  const runs = new Map<string, RunSnapshot>();
  const keys = new Map<string, { runId: string; requestSha256: string | undefined; isAwaited: boolean }>();
  const workflows = new Map<string, SavedWorkflow>();
  let acceptedAtMs = 1_700_000_000_000;
  let versions = 0;

  async function enter(method: string): Promise<void> {
    store.calls.push(method);
    await Promise.resolve();
    if (store.failure !== null && (store.failing === null || store.failing.has(method))) throw store.failure;
  }

  const webhooks = createFakeWebhooks(enter);
  const store: FakeStore = {
    ...webhooks,
    webhooks,
    accepted: [],
    calls: [],
    reads: [],
    lists: [],
    holds: [],
    replies: new Map(),
    failure: null,
    failing: null,
    isHanging: false,
    onAccepted: null,
    approvals: [],
    events: new Map(),
    run(runId) {
      const run = runs.get(runId);
      if (run === undefined) throw new Error(`no run ${runId}`);
      return run;
    },
    patch(runId, patch) {
      const run = { ...store.run(runId), ...patch };
      runs.set(runId, { ...run, version: `${run.status}.${++versions}` });
    },
    async acceptRun(run) {
      await enter('acceptRun');
      const earlier = run.idempotencyKey === undefined ? undefined : keys.get(run.idempotencyKey);
      if (earlier !== undefined && earlier.requestSha256 !== run.requestSha256) return { status: 'key-reused' };
      if (earlier !== undefined) {
        const { status } = store.run(earlier.runId);
        const isInUse = earlier.isAwaited && !isTerminalRunStatus(status) && status !== 'waiting_approval';
        return { status: 'duplicate', runId: earlier.runId, isInUse };
      }
      if (run.idempotencyKey !== undefined) {
        const { requestSha256, replyForMs = 0 } = run;
        keys.set(run.idempotencyKey, { runId: run.id, requestSha256, isAwaited: replyForMs > 0 });
      }
      // What can't be stored as JSON must not get this far.
      runs.set(run.id, structuredClone(toSnapshot(run, acceptedAtMs++)));
      store.accepted.push(run);
      store.onAccepted?.(run);
      return { status: 'accepted', runId: run.id, epoch: 0, wakeNo: 1 };
    },
    async requestCancel({ runIds }) {
      await enter('requestCancel');
      return runIds.flatMap<{ runId: string; status: RunStatus; wake?: Wake }>((runId) => {
        const run = runs.get(runId);
        if (run === undefined) return [];
        if (isTerminalRunStatus(run.status)) return [{ runId, status: run.status }];
        store.patch(runId, { cancelRequested: true });
        const wake = { runId, kind: run.kind, epoch: 0, wakeNo: 2, priority: 'high' as const };
        return [{ runId, status: run.status, wake }];
      });
    },
    async getRuns({ runIds }) {
      store.reads.push(runIds);
      await enter('getRuns');
      return runIds.flatMap((runId) => runs.get(runId) ?? []);
    },
    async readEvents({ tenantId, runId, after, limit }) {
      await enter('readEvents');
      const run = runs.get(runId);
      if (run?.tenantId !== tenantId) return null;
      const stored = store.events.get(runId) ?? [];
      const last = stored.at(-1) ?? { epoch: 0, seq: 1 };
      // As read_events does: from behind the last row that is not after the position in number and lease.
      const seen = stored.findLastIndex(({ epoch, seq }) => seq <= after.seq && epoch <= after.epoch);
      const events = stored.slice(seen + 1, seen + 1 + limit);
      return { runId, kind: run.kind, status: run.status, last: { epoch: last.epoch, seq: last.seq }, events };
    },
    async getRunVersion({ runId }) {
      await enter('getRunVersion');
      return runs.get(runId)?.version ?? null;
    },
    async listRuns(query) {
      await enter('listRuns');
      store.lists.push(query);
      const { workflowId, userId, before, limit } = query;
      const matching = [...runs.values()]
        .reverse()
        .filter(
          (run) => (workflowId === undefined || run.workflowId === workflowId) && (userId === undefined || run.userId === userId),
        );
      const rest = before === undefined ? matching : matching.slice(matching.findIndex(({ runId }) => runId === before) + 1);
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return { runs: page, ...(rest.length > limit && last !== undefined ? { next: last.runId } : {}) };
    },
    async holdReplies(request) {
      store.holds.push(request);
      await enter('holdReplies');
      const { runIds, forMs } = request;
      if (forMs === undefined) for (const held of keys.values()) if (runIds.includes(held.runId)) held.isAwaited = false;
    },
    async claimKey({ key, token, requestSha256 }): Promise<KeyAnswer> {
      await enter('claimKey');
      const held = store.replies.get(key);
      if (held === undefined) {
        store.replies.set(key, { token, requestSha256 });
        return { status: 'claimed' };
      }
      if (held.requestSha256 !== requestSha256) return { status: 'key-reused' };
      return held.reply === undefined ? { status: 'in-use' } : { status: 'replay', reply: held.reply };
    },
    async settleKey({ key, token, reply }) {
      await enter('settleKey');
      const held = store.replies.get(key);
      if (held?.token !== token) return;
      if (reply === undefined) store.replies.delete(key);
      else held.reply = structuredClone(reply);
    },
    async saveWorkflow({ name, version, status, definition, definitionSha256 }) {
      await enter('saveWorkflow');
      const key = `${name} ${version}`;
      const known = [...workflows.values()].find((workflow) => `${workflow.name} ${workflow.version}` === key);
      if (known !== undefined && known.definitionSha256 === definitionSha256) return { status: 'unchanged', workflow: known };
      const hasRun = [...runs.values()].some((run) => run.workflowId !== undefined && run.workflowId === known?.workflowId);
      if (known !== undefined && hasRun) return { status: 'immutable', workflow: known };
      const workflowId = known?.workflowId ?? newId();
      const workflow: SavedWorkflow = {
        workflowId,
        name,
        version,
        status,
        definition,
        definitionSha256,
        createdAtMs: acceptedAtMs,
        updatedAtMs: acceptedAtMs,
      };
      workflows.set(workflowId, workflow);
      return { status: known === undefined ? 'created' : 'updated', workflow };
    },
    async getWorkflow({ workflowId }) {
      await enter('getWorkflow');
      return workflows.get(workflowId) ?? null;
    },
    async listWorkflows({ limit }) {
      await enter('listWorkflows');
      return { total: workflows.size, workflows: [...workflows.values()].slice(0, limit) };
    },
    async listApprovals({ status, runId, limit, cursor }) {
      await enter('listApprovals');
      const newest = [...store.approvals].reverse();
      const matching = newest.filter(
        (approval) => (status === undefined || approval.status === status) && (runId === undefined || approval.runId === runId),
      );
      const start = cursor === undefined ? 0 : matching.findIndex(({ id }) => id === cursor) + 1;
      const approvals = matching.slice(start, start + limit);
      const last = approvals.at(-1);
      return { approvals, ...(start + limit < matching.length && last !== undefined ? { nextCursor: last.id } : {}) };
    },
    async getApproval(_tenantId, approvalId) {
      await enter('getApproval');
      return store.approvals.find(({ id }) => id === approvalId) ?? null;
    },
    async decideApproval({ approvalId, decision, decidedBy, note }) {
      await enter('decideApproval');
      const index = store.approvals.findIndex(({ id }) => id === approvalId);
      const approval = store.approvals[index];
      if (approval === undefined) return { status: 'not-found' };
      if (approval.status !== 'pending') return { status: 'conflict', approval };
      const decided: ApprovalRecord = {
        ...approval,
        status: decision === 'approve' ? 'approved' : 'rejected',
        decidedAtMs: acceptedAtMs,
        ...(decidedBy === undefined ? {} : { decidedBy }),
        ...(note === undefined ? {} : { note }),
      };
      store.approvals[index] = decided;
      const wake = { runId: approval.runId, kind: 'generate' as const, epoch: 1, wakeNo: 3, priority: 'normal' as const };
      return { status: 'decided', approval: decided, wake };
    },
    async ping() {
      await enter('ping');
      if (store.isHanging) await new Promise(() => {});
      return { nowMs: acceptedAtMs };
    },
  };
  return store;
}
