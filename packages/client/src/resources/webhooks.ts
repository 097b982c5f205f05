import type {
  CreateWebhookRequest,
  WebhookDeliveryStatus,
  WebhookDeliverySummaryView,
  WebhookDeliveryView,
  WebhookEndpointStatus,
  WebhookEndpointView,
  WebhookReplayView,
  WebhookWithSecret,
} from '@orchestrator/contracts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';
import { pagesOf } from './pages-of.ts';

/** What of a webhook can change; what is left out stays. */
export interface WebhookPatch {
  readonly url?: string | undefined;
  /** `null` removes it. */
  readonly description?: string | null | undefined;
  readonly events?: readonly string[] | undefined;
  readonly status?: WebhookEndpointStatus | undefined;
}

/** Filters of `webhooks.deliveries`; absent ones let everything through. */
export interface ListDeliveriesFilter {
  readonly status?: WebhookDeliveryStatus | undefined;
  /** Deliveries per request, 1 to 500: the iteration goes over all pages. @defaultValue 50 */
  readonly limit?: number | undefined;
}

/** One delivery, or those of a time. */
export type ReplaySelection =
  | { readonly deliveryId: string }
  | {
      /** ISO 8601, with offset. */
      readonly from: string;
      readonly to: string;
      /** @defaultValue failed */
      readonly status?: 'failed' | 'cancelled' | 'delivered' | undefined;
    };

interface DeliveryPage {
  readonly deliveries: readonly WebhookDeliverySummaryView[];
  readonly nextCursor?: string | undefined;
}

/** URLs that are told when runs end. */
export interface Webhooks {
  /** The answer shows the signing secret, this once. */
  create(request: Partial<CreateWebhookRequest> & { readonly url: string }, options?: CallOptions): Promise<WebhookWithSecret>;
  list(options?: CallOptions): Promise<readonly WebhookEndpointView[]>;
  get(id: string, options?: CallOptions): Promise<WebhookEndpointView>;
  update(id: string, patch: WebhookPatch, options?: CallOptions): Promise<WebhookEndpointView>;
  delete(id: string, options?: CallOptions): Promise<void>;
  /** Replaces the signing secret; the one before is signed with for a day too. */
  rotateSecret(id: string, options?: CallOptions): Promise<WebhookWithSecret>;
  /** Sends an event of the type `webhook.test`. */
  test(id: string, options?: CallOptions): Promise<WebhookDeliveryView>;
  /** What was sent, newest first; further pages are fetched as they are needed. */
  deliveries(id: string, filter?: ListDeliveriesFilter, options?: CallOptions): AsyncIterable<WebhookDeliverySummaryView>;
  /** Sends one delivery again, or up to 1,000 of a time: `nextFrom` of the answer goes on. */
  replay(id: string, selection: ReplaySelection, options?: CallOptions): Promise<WebhookReplayView>;
}

export function createWebhooks(transport: Transport): Webhooks {
  const { call } = transport;
  const path = (id: string, rest = '') => `/api/webhooks/${encodeURIComponent(id)}${rest}`;
  return {
    create: (body, options) => call({ method: 'POST', path: '/api/webhooks', body }, options),
    list: async (options) => {
      const { webhooks } = await call<{ webhooks: WebhookEndpointView[] }>({ method: 'GET', path: '/api/webhooks' }, options);
      return webhooks;
    },
    get: (id, options) => call({ method: 'GET', path: path(id) }, options),
    update: (id, body, options) => call({ method: 'PATCH', path: path(id), body }, options),
    delete: (id, options) => call({ method: 'DELETE', path: path(id) }, options),
    rotateSecret: (id, options) => call({ method: 'POST', path: path(id, '/rotate-secret') }, options),
    test: (id, options) => call({ method: 'POST', path: path(id, '/test') }, options),
    deliveries: (id, filter, options) =>
      pagesOf(
        transport,
        { path: path(id, '/deliveries'), query: { ...filter }, itemsOf: (page: DeliveryPage) => page.deliveries },
        options,
      ),
    async replay(id, selection, options) {
      if (!('deliveryId' in selection)) return call({ method: 'POST', path: path(id, '/replay'), body: selection }, options);
      const delivery = `/deliveries/${encodeURIComponent(selection.deliveryId)}/replay`;
      await call({ method: 'POST', path: path(id, delivery) }, options);
      return { replayed: 1, hasMore: false };
    },
  };
}
