import type {
  ClaimedDelivery,
  CompletedDelivery,
  DisabledEndpoint,
  WebhookDeliveryRecord,
  WebhookDeliverySummary,
  WebhookReplayResult,
} from '@orchestrator/contracts';
import { type Batcher, createBatcher } from './create-batcher.ts';
import type { Rpc } from './create-rpc.ts';
import { asJson, isUuid } from './json-payload.ts';
import type { WebhookStore } from './webhook-store.ts';

/** An endpoint at which every attempt failed for this long is disabled. */
const disableAfterMs = 5 * 86_400_000;
/** A result that gets lost is an event that is sent again, so an unreachable store is tried for a while. */
const completeRetryMs = 2_000;

type Methods =
  | 'sendWebhookTest'
  | 'listWebhookDeliveries'
  | 'getWebhookDelivery'
  | 'replayWebhookDeliveries'
  | 'claimWebhookDeliveries'
  | 'completeWebhookDelivery'
  | 'purgeWebhookDeliveries';

type Completion = CompletedDelivery & { readonly endpointId: string };

function createCompletionBatcher(rpc: Rpc): Batcher<Completion, DisabledEndpoint | null> {
  async function send(completions: readonly Completion[]): Promise<readonly (DisabledEndpoint | null)[]> {
    const results = asJson(completions.map(({ endpointId: _, ...result }) => result));
    const answer = await rpc.call(
      'complete_webhook_deliveries',
      { disableAfterMs, results },
      completions.length,
      completeRetryMs,
    );
    const disabled = new Map(((answer ?? []) as readonly DisabledEndpoint[]).map((each) => [each.endpointId, each]));
    return completions.map(({ endpointId }) => {
      const endpoint = disabled.get(endpointId) ?? null;
      disabled.delete(endpointId);
      return endpoint;
    });
  }
  return createBatcher({ send, exclusiveKey: ({ deliveryId }) => deliveryId });
}

/** The store's part behind the delivery log and the delivery loop. */
export function createWebhookDeliveries(rpc: Rpc): Pick<WebhookStore, Methods> & { close(): Promise<void> } {
  const completions = createCompletionBatcher(rpc);
  return {
    async sendWebhookTest({ tenantId, endpointId, eventId }) {
      if (!isUuid(endpointId)) return null;
      return (await rpc.call('send_webhook_test', { tenantId, endpointId, eventId })) as WebhookDeliveryRecord | null;
    },
    async listWebhookDeliveries({ tenantId, endpointId, status, limit, cursor }) {
      if (!isUuid(endpointId)) return null;
      if (cursor !== undefined && !isUuid(cursor)) return { deliveries: [] };
      const payload = {
        tenantId,
        endpointId,
        limit,
        ...(status !== undefined && { status }),
        ...(cursor !== undefined && { before: cursor }),
      };
      const page = (await rpc.call('list_webhook_deliveries', payload)) as {
        deliveries: readonly WebhookDeliverySummary[];
        hasMore: boolean;
      } | null;
      if (page === null) return null;
      const last = page.deliveries.at(-1);
      return { deliveries: page.deliveries, ...(page.hasMore && last !== undefined && { nextCursor: last.id }) };
    },
    async getWebhookDelivery({ tenantId, endpointId, deliveryId }) {
      if (!isUuid(endpointId) || !isUuid(deliveryId)) return null;
      return (await rpc.call('get_webhook_delivery', { tenantId, endpointId, deliveryId })) as WebhookDeliveryRecord | null;
    },
    async replayWebhookDeliveries({ tenantId, endpointId }, replay) {
      if (!isUuid(endpointId) || ('deliveryId' in replay && !isUuid(replay.deliveryId))) return { status: 'not-found' };
      return (await rpc.call('replay_webhook_deliveries', { tenantId, endpointId, ...replay })) as WebhookReplayResult;
    },
    async claimWebhookDeliveries({ limit, perEndpoint, leaseMs, busy }) {
      const payload = { limit, perEndpoint, leaseMs, busy: asJson(busy) };
      return ((await rpc.call('claim_webhook_deliveries', payload)) as readonly ClaimedDelivery[] | null) ?? [];
    },
    completeWebhookDelivery: (completion) => completions.add(completion),
    async purgeWebhookDeliveries(limit) {
      return (await rpc.call('purge_webhook_deliveries', { limit })) as { deleted: number };
    },
    close: () => completions.close(),
  };
}
