import type {
  WebhookDeliveryRecord,
  WebhookDeliverySummary,
  WebhookDeliverySummaryView,
  WebhookDeliveryView,
  WebhookEndpointRecord,
  WebhookEndpointView,
} from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';

function webhookPath(id: string): string {
  return `/api/webhooks/${id}`;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const optionalTime = (ms: number | undefined) => (ms === undefined ? undefined : isoTime(ms));

/** An endpoint as `/api/webhooks` shows it: without its secrets. */
export function toWebhookView(endpoint: WebhookEndpointRecord): WebhookEndpointView {
  const { id, url, description, events, status, disabledReason } = endpoint;
  return omitUndefined({
    id,
    url,
    description,
    events: events as WebhookEndpointView['events'],
    status,
    disabledReason,
    failingSince: optionalTime(endpoint.failingSinceMs),
    createdAt: isoTime(endpoint.createdAtMs),
    updatedAt: isoTime(endpoint.updatedAtMs),
    links: { self: webhookPath(id), deliveries: `${webhookPath(id)}/deliveries` },
  });
}

/** A delivery in a list. */
export function toDeliverySummaryView(delivery: WebhookDeliverySummary): WebhookDeliverySummaryView {
  const { id, endpointId, eventId, eventType, runId, status, attempts, lastStatus, lastError, lastLatencyMs } = delivery;
  const self = `${webhookPath(endpointId)}/deliveries/${id}`;
  return omitUndefined({
    id,
    eventId,
    eventType,
    jobId: runId,
    status,
    attempts,
    nextAttemptAt: optionalTime(delivery.nextAttemptAtMs),
    lastAttemptAt: optionalTime(delivery.lastAttemptAtMs),
    lastStatus,
    lastError,
    lastLatencyMs,
    createdAt: isoTime(delivery.createdAtMs),
    deliveredAt: optionalTime(delivery.deliveredAtMs),
    links: { self, webhook: webhookPath(endpointId), replay: `${self}/replay` },
  });
}

/** A delivery with what was sent and what came back. */
export function toDeliveryView(delivery: WebhookDeliveryRecord): WebhookDeliveryView {
  const payload = delivery.payload as unknown as WebhookDeliveryView['payload'];
  return omitUndefined({ ...toDeliverySummaryView(delivery), payload, lastResponse: delivery.lastResponse });
}
