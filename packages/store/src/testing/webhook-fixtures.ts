import { randomUUID } from 'node:crypto';
import type {
  ClaimedDelivery,
  ClaimedRun,
  NewApproval,
  NewRun,
  NewWebhookEndpoint,
  RunFinish,
  WebhookEndpointRecord,
} from '@orchestrator/contracts';
import { finish, newApproval, newRun, nextCommit, park, tenantId } from './run-fixtures.ts';
import type { StoreFixture } from './store-fixture.ts';

export function newEndpoint(changes: Partial<NewWebhookEndpoint> = {}): NewWebhookEndpoint {
  return {
    id: randomUUID(),
    tenantId,
    url: 'https://receiver.example/hooks',
    events: ['*'],
    secret: `whsec_${randomUUID()}`,
    ...changes,
  };
}

/** A tenant of a test's own, with its endpoints and runs. */
export interface WebhookWorld {
  readonly tenantId: string;
  endpoint(changes?: Partial<NewWebhookEndpoint>): Promise<WebhookEndpointRecord>;
  claimRun(changes?: Partial<NewRun>): Promise<ClaimedRun>;
  /** Ends a run, so that its event is there. @returns its id */
  endRun(ending?: Partial<RunFinish>, changes?: Partial<NewRun>): Promise<string>;
  askApproval(changes?: Partial<NewApproval>): Promise<NewApproval & { readonly runId: string }>;
  /** Claims until nothing of this tenant is due, as a worker does. */
  claimAll(perEndpoint?: number): Promise<readonly ClaimedDelivery[]>;
  /** Lets the time of the next attempt pass, and every lease. */
  makeDue(): Promise<void>;
  rows<Row extends object>(columns: string): Promise<Row[]>;
}

export function createWebhookWorld({ store, admin }: StoreFixture): WebhookWorld {
  const tenant = `tenant-${randomUUID()}`;
  const world: WebhookWorld = {
    tenantId: tenant,
    async endpoint(changes) {
      const created = await store.createWebhookEndpoint(newEndpoint({ tenantId: tenant, ...changes }));
      if (created === null) throw new Error('the tenant has too many endpoints');
      return created;
    },
    async claimRun(changes) {
      const run = newRun({ tenantId: tenant, ...changes });
      await store.acceptRun(run);
      return (await store.claimRun({ runId: run.id, workerId: 'w', token: randomUUID() })) as ClaimedRun;
    },
    async endRun(ending, changes) {
      const claimed = await world.claimRun(changes);
      await store.commitRun(nextCommit(claimed, { costNanoUsd: 257_125, transition: finish(ending) }));
      return claimed.runId;
    },
    async askApproval(changes) {
      const claimed = await world.claimRun();
      const approval = newApproval(changes);
      await store.commitRun(nextCommit(claimed, { approvals: [approval], transition: park('waiting_approval', 60_000) }));
      return { ...approval, runId: claimed.runId };
    },
    async claimAll(perEndpoint = 10) {
      const endpoints = new Set((await store.listWebhookEndpoints(tenant)).map(({ id }) => id));
      const claimed: ClaimedDelivery[] = [];
      for (;;) {
        const batch = await store.claimWebhookDeliveries({ limit: 100, perEndpoint, leaseMs: 60_000, busy: [] });
        if (batch.length === 0) return claimed;
        claimed.push(...batch.filter(({ endpointId }) => endpoints.has(endpointId)));
      }
    },
    async makeDue() {
      await admin.query(
        `update ai_webhook_deliveries set next_attempt_at = now() - interval '1 ms' where tenant_id = $1 and status = 'pending'`,
        [tenant],
      );
    },
    rows: (columns) => admin.query(`select ${columns} from ai_webhook_deliveries where tenant_id = $1 order by id`, [tenant]),
  };
  return world;
}
