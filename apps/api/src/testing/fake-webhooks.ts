import type { WebhookDeliveryRecord, WebhookEndpointRecord } from '@orchestrator/contracts';
import type { ApiStore } from '../ports.ts';

type WebhookMethods = Pick<
  ApiStore,
  | 'createWebhookEndpoint'
  | 'listWebhookEndpoints'
  | 'getWebhookEndpoint'
  | 'updateWebhookEndpoint'
  | 'deleteWebhookEndpoint'
  | 'rotateWebhookSecret'
  | 'sendWebhookTest'
  | 'listWebhookDeliveries'
  | 'getWebhookDelivery'
  | 'replayWebhookDeliveries'
>;

export interface FakeWebhooks extends WebhookMethods {
  readonly endpoints: WebhookEndpointRecord[];
  readonly deliveries: WebhookDeliveryRecord[];
  /** As stored, by endpoint, newest last. */
  readonly secrets: Map<string, string[]>;
  maxEndpoints: number;
}

const atMs = 1_700_000_000_000;

/** The store's promises about webhooks in memory, as far as the API sees them. */
export function createFakeWebhooks(enter: (method: string) => Promise<void>): FakeWebhooks {
  const fake: FakeWebhooks = {
    endpoints: [],
    deliveries: [],
    secrets: new Map(),
    maxEndpoints: 100,
    async createWebhookEndpoint({ secret, ...endpoint }) {
      await enter('createWebhookEndpoint');
      if (fake.endpoints.length >= fake.maxEndpoints) return null;
      const created: WebhookEndpointRecord = { ...endpoint, status: 'enabled', createdAtMs: atMs, updatedAtMs: atMs };
      fake.endpoints.unshift(created);
      fake.secrets.set(endpoint.id, [secret]);
      return created;
    },
    async listWebhookEndpoints() {
      await enter('listWebhookEndpoints');
      return fake.endpoints;
    },
    async getWebhookEndpoint({ endpointId }) {
      await enter('getWebhookEndpoint');
      return fake.endpoints.find(({ id }) => id === endpointId) ?? null;
    },
    async updateWebhookEndpoint({ endpointId }, { description, status, ...patch }) {
      await enter('updateWebhookEndpoint');
      const index = fake.endpoints.findIndex(({ id }) => id === endpointId);
      const found = fake.endpoints[index];
      if (found === undefined) return null;
      const { description: before, disabledReason: _, ...rest } = found;
      const text = description === undefined ? before : (description ?? undefined);
      const changed: WebhookEndpointRecord = {
        ...rest,
        ...patch,
        ...(text === undefined ? {} : { description: text }),
        ...(status === undefined ? {} : { status }),
        ...(status === 'disabled' ? { disabledReason: 'user' as const } : {}),
      };
      fake.endpoints[index] = changed;
      return changed;
    },
    async deleteWebhookEndpoint({ endpointId }) {
      await enter('deleteWebhookEndpoint');
      const index = fake.endpoints.findIndex(({ id }) => id === endpointId);
      return index >= 0 && fake.endpoints.splice(index, 1).length === 1;
    },
    async rotateWebhookSecret({ endpointId, secret, overlapMs }) {
      await enter('rotateWebhookSecret');
      const endpoint = fake.endpoints.find(({ id }) => id === endpointId);
      if (endpoint === undefined) return null;
      fake.secrets.get(endpointId)?.push(secret);
      return { endpoint, previousExpiresAtMs: atMs + overlapMs };
    },
    async sendWebhookTest({ endpointId, eventId }) {
      await enter('sendWebhookTest');
      if (fake.endpoints.find(({ id }) => id === endpointId)?.status !== 'enabled') return null;
      const delivery: WebhookDeliveryRecord = {
        id: '0190a000-0000-7000-8000-0000000000d0',
        endpointId,
        eventId,
        eventType: 'webhook.test',
        status: 'pending',
        attempts: 0,
        nextAttemptAtMs: atMs,
        createdAtMs: atMs,
        payload: {
          type: 'webhook.test',
          version: 1,
          timestamp: new Date(atMs).toISOString(),
          data: { endpointId, links: { endpoint: `/api/webhooks/${endpointId}` } },
        },
      };
      fake.deliveries.unshift(delivery);
      return delivery;
    },
    async listWebhookDeliveries({ endpointId, status, limit, cursor }) {
      await enter('listWebhookDeliveries');
      if (!fake.endpoints.some(({ id }) => id === endpointId)) return null;
      const matching = fake.deliveries.filter(
        (each) => each.endpointId === endpointId && (status === undefined || each.status === status),
      );
      const start = cursor === undefined ? 0 : matching.findIndex(({ id }) => id === cursor) + 1;
      const deliveries = matching.slice(start, start + limit).map(({ payload: _, lastResponse: __, ...summary }) => summary);
      const last = deliveries.at(-1);
      return { deliveries, ...(start + limit < matching.length && last !== undefined ? { nextCursor: last.id } : {}) };
    },
    async getWebhookDelivery({ endpointId, deliveryId }) {
      await enter('getWebhookDelivery');
      return fake.deliveries.find((each) => each.id === deliveryId && each.endpointId === endpointId) ?? null;
    },
    async replayWebhookDeliveries({ endpointId }, replay) {
      await enter('replayWebhookDeliveries');
      const endpoint = fake.endpoints.find(({ id }) => id === endpointId);
      const wanted = fake.deliveries.filter((each) =>
        'deliveryId' in replay
          ? each.id === replay.deliveryId && each.endpointId === endpointId
          : each.status === replay.status && each.createdAtMs >= replay.fromMs && each.createdAtMs < replay.toMs,
      );
      if (endpoint === undefined || ('deliveryId' in replay && wanted.length === 0)) return { status: 'not-found' };
      if (endpoint.status !== 'enabled') return { status: 'disabled' };
      const limit = 'deliveryId' in replay ? 1 : replay.limit;
      const replayed = wanted.toReversed().slice(0, limit);
      for (const { id } of replayed) {
        const index = fake.deliveries.findIndex((each) => each.id === id);
        const { deliveredAtMs: _, ...rest } = fake.deliveries[index] as WebhookDeliveryRecord;
        fake.deliveries[index] = { ...rest, status: 'pending', attempts: 0, nextAttemptAtMs: atMs };
      }
      const lastCreatedAtMs = replayed.at(-1)?.createdAtMs;
      return {
        status: 'replayed',
        replayed: replayed.length,
        hasMore: wanted.length > limit,
        ...(lastCreatedAtMs !== undefined && { lastCreatedAtMs }),
      };
    },
  };
  return fake;
}
