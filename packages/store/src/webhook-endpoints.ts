import type { WebhookEndpointRecord } from '@orchestrator/contracts';
import type { Rpc } from './create-rpc.ts';
import { asJson, isUuid } from './json-payload.ts';
import type { WebhookStore } from './webhook-store.ts';

const maxEndpoints = 100;

type Methods =
  | 'createWebhookEndpoint'
  | 'listWebhookEndpoints'
  | 'getWebhookEndpoint'
  | 'updateWebhookEndpoint'
  | 'deleteWebhookEndpoint'
  | 'rotateWebhookSecret';

/** The store's part that people set endpoints up with. Rare, therefore not batched. */
export function createWebhookEndpoints(rpc: Rpc): Pick<WebhookStore, Methods> {
  return {
    async createWebhookEndpoint(endpoint) {
      const payload = { ...endpoint, events: [...endpoint.events], maxEndpoints };
      return (await rpc.call('create_webhook_endpoint', payload)) as WebhookEndpointRecord | null;
    },
    async listWebhookEndpoints(tenantId) {
      return ((await rpc.call('list_webhook_endpoints', { tenantId })) as readonly WebhookEndpointRecord[] | null) ?? [];
    },
    async getWebhookEndpoint({ tenantId, endpointId }) {
      if (!isUuid(endpointId)) return null;
      return (await rpc.call('get_webhook_endpoint', { tenantId, endpointId })) as WebhookEndpointRecord | null;
    },
    async updateWebhookEndpoint({ tenantId, endpointId }, { url, description, events, status }) {
      if (!isUuid(endpointId)) return null;
      const payload = {
        tenantId,
        endpointId,
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(events !== undefined && { events: asJson(events) }),
        ...(status !== undefined && { status }),
      };
      return (await rpc.call('update_webhook_endpoint', payload)) as WebhookEndpointRecord | null;
    },
    async deleteWebhookEndpoint({ tenantId, endpointId }) {
      if (!isUuid(endpointId)) return false;
      return (await rpc.call('update_webhook_endpoint', { tenantId, endpointId, status: 'deleted' })) !== null;
    },
    async rotateWebhookSecret({ tenantId, endpointId, secret, overlapMs }) {
      if (!isUuid(endpointId)) return null;
      const answer = await rpc.call('rotate_webhook_secret', { tenantId, endpointId, secret, overlapMs });
      return answer as Awaited<ReturnType<WebhookStore['rotateWebhookSecret']>>;
    },
  };
}
