import type { DueRuns, JsonObject, LeaseRef, SavedWorkflow } from '@orchestrator/contracts';
import { createAcceptBatcher } from './accept-runs.ts';
import { createApprovals } from './approvals.ts';
import { createClaimBatcher } from './claim-runs.ts';
import { createCommitBatcher } from './commit-runs.ts';
import { createRpc } from './create-rpc.ts';
import { createVersionReader } from './get-run-versions.ts';
import { createRunReader } from './get-runs.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';
import { isUuid } from './json-payload.ts';
import { listRuns } from './list-runs.ts';
import { createEventReader } from './read-events.ts';
import { createRenewalBatcher } from './renew-leases.ts';
import type { CancelAnswer, SaveWorkflowResult, Store, StoreOptions } from './store-types.ts';
import { createWebhookDeliveries } from './webhook-deliveries.ts';
import { createWebhookEndpoints } from './webhook-endpoints.ts';

const defaultLeaseMs = 7_000;

/** Opens no connection yet: the first call does. */
export function createStore(options: StoreOptions): Store {
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const rpc = createRpc(options.connection);
  const accepts = createAcceptBatcher(rpc);
  const claims = createClaimBatcher(rpc, leaseMs);
  const commits = createCommitBatcher(rpc);
  const renewals = createRenewalBatcher(rpc, leaseMs);
  const reads = createRunReader(rpc);
  const events = createEventReader(rpc);
  const versions = createVersionReader(rpc);
  const approvals = createApprovals(rpc);
  const endpoints = createWebhookEndpoints(rpc);
  const { close: closeDeliveries, ...deliveries } = createWebhookDeliveries(rpc);
  let closed: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    const batchers = [accepts, claims, commits, renewals, reads, versions, events];
    await Promise.all([...batchers.map((batcher) => batcher.close()), closeDeliveries()]);
    await rpc.close();
  }

  return {
    acceptRun: (run) => accepts.add(run),
    claimRun: (claim) => claims.add(claim),
    commitRun: (commit) => commits.add(commit),
    async renewLeases(leases) {
      const kept = await Promise.all(leases.map((lease) => renewals.add(lease)));
      return leases.filter((_: LeaseRef, index) => kept[index] === false);
    },
    async dueRuns({ workerId, limit }) {
      const answer = (await rpc.call('due_runs', { workerId, limit })) as DueRuns | null;
      return answer ?? { due: [], cancelRequested: [] };
    },
    async getDefinition(tenantId, sha256) {
      return (await rpc.call('get_definition', { tenantId, sha256 })) as JsonObject | null;
    },
    async requestCancel({ tenantId, runIds }) {
      const known = runIds.filter(isUuid);
      if (known.length === 0) return [];
      return ((await rpc.call('cancel_runs', { tenantId, runIds: known }, known.length)) as readonly CancelAnswer[] | null) ?? [];
    },
    async getRuns({ tenantId, runIds }) {
      const unique = [...new Set(runIds)];
      const runs = await Promise.all(unique.map((runId) => reads.add({ tenantId, runId })));
      return runs.filter((run) => run !== null);
    },
    readEvents: (read) => events.add(read),
    getRunVersion: (ref) => versions.add(ref),
    listRuns: (query) => listRuns(rpc, query),
    async holdReplies({ tenantId, runIds, forMs }) {
      await rpc.call('hold_replies', forMs === undefined ? { tenantId, runIds } : { tenantId, runIds, forMs }, runIds.length);
    },
    ...createIdempotencyKeys(rpc),
    async saveWorkflow({ tenantId, name, version, status, definition, definitionSha256 }) {
      const payload = { tenantId, name, version, status, definition, definitionSha256 };
      return (await rpc.call('save_workflow', payload)) as SaveWorkflowResult;
    },
    async getWorkflow({ tenantId, workflowId }) {
      if (!isUuid(workflowId)) return null;
      return (await rpc.call('get_workflow', { tenantId, workflowId })) as SavedWorkflow | null;
    },
    async listWorkflows({ tenantId, limit }) {
      return (await rpc.call('list_workflows', { tenantId, limit })) as { total: number; workflows: readonly SavedWorkflow[] };
    },
    ...approvals,
    ...endpoints,
    ...deliveries,
    async ping() {
      return (await rpc.call('ping', {})) as { nowMs: number };
    },
    async maintain() {
      await rpc.call('maintain_store', {});
      await rpc.call('purge_idempotency_keys', {});
    },
    metrics: () => rpc.counters(),
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
