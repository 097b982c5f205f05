import type {
  ClaimDeliveries,
  ClaimedDelivery,
  CompletedDelivery,
  DisabledEndpoint,
  ListWebhookDeliveriesQuery,
  NewWebhookEndpoint,
  WebhookDeliveryPage,
  WebhookDeliveryRecord,
  WebhookEndpointPatch,
  WebhookEndpointRecord,
  WebhookEndpointRef,
  WebhookReplay,
  WebhookReplayResult,
} from '@orchestrator/contracts';

/**
 * Webhook endpoints and what is to be delivered to them. Deliveries are not made here: the database writes them in the transaction
 * of the event. Another tenant's endpoint is an unknown one everywhere.
 */
export interface WebhookStore {
  /** Null when the tenant has as many endpoints as it may, 100. */
  createWebhookEndpoint(endpoint: NewWebhookEndpoint): Promise<WebhookEndpointRecord | null>;
  /** Newest first. */
  listWebhookEndpoints(tenantId: string): Promise<readonly WebhookEndpointRecord[]>;
  getWebhookEndpoint(ref: WebhookEndpointRef): Promise<WebhookEndpointRecord | null>;
  /** What waits for an endpoint that is disabled is cancelled soon after. Null when it is unknown. */
  updateWebhookEndpoint(ref: WebhookEndpointRef, patch: WebhookEndpointPatch): Promise<WebhookEndpointRecord | null>;
  /** Hides it for good and forgets its secrets. False when it is unknown. */
  deleteWebhookEndpoint(ref: WebhookEndpointRef): Promise<boolean>;
  /** The secrets before it, at most two, stay valid for `overlapMs`. Null when the endpoint is unknown. */
  rotateWebhookSecret(
    request: WebhookEndpointRef & { readonly secret: string; readonly overlapMs: number },
  ): Promise<{ readonly endpoint: WebhookEndpointRecord; readonly previousExpiresAtMs: number } | null>;
  /** A delivery of the type `webhook.test`; null when the endpoint is unknown or disabled. */
  sendWebhookTest(request: WebhookEndpointRef & { readonly eventId: string }): Promise<WebhookDeliveryRecord | null>;
  /** Newest first; null when the endpoint is unknown. */
  listWebhookDeliveries(query: ListWebhookDeliveriesQuery): Promise<WebhookDeliveryPage | null>;
  getWebhookDelivery(ref: WebhookEndpointRef & { readonly deliveryId: string }): Promise<WebhookDeliveryRecord | null>;
  /** Starts the schedule anew, under the same event ids. */
  replayWebhookDeliveries(ref: WebhookEndpointRef, replay: WebhookReplay): Promise<WebhookReplayResult>;
  /** Attempts that are due, each leased to the caller for `leaseMs`. */
  claimWebhookDeliveries(request: ClaimDeliveries): Promise<readonly ClaimedDelivery[]>;
  /**
   * Stores how an attempt went, unless it was given up for lost meanwhile. Concurrent calls coalesce.
   * @returns the endpoint, if this disabled it
   */
  completeWebhookDelivery(delivery: CompletedDelivery & { readonly endpointId: string }): Promise<DisabledEndpoint | null>;
  /** Removes deliveries that are older than 30 days, at most `limit`. */
  purgeWebhookDeliveries(limit: number): Promise<{ readonly deleted: number }>;
}
