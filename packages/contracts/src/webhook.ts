import type { JsonObject } from './json.ts';

/** What an endpoint can ask to be told of. */
export const webhookEventTypes = [
  'run.completed',
  'run.failed',
  'run.cancelled',
  'approval.requested',
  'approval.decided',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** In a filter: all types that there are, and those to come. */
export const allWebhookEvents = '*';

export const webhookEndpointStatuses = ['enabled', 'disabled'] as const;
export type WebhookEndpointStatus = (typeof webhookEndpointStatuses)[number];

/** `user`: somebody said so. `gone`: it answered 410. `failing`: every attempt of five days failed. */
export type WebhookDisabledReason = 'user' | 'gone' | 'failing';

/** An endpoint without its secrets. Times are Unix milliseconds of the database clock. */
export interface WebhookEndpointRecord {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description?: string;
  readonly events: readonly string[];
  readonly status: WebhookEndpointStatus;
  readonly disabledReason?: WebhookDisabledReason;
  /** The first failed attempt since the last one that succeeded. */
  readonly failingSinceMs?: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface NewWebhookEndpoint {
  /** UUID made by the caller; creating the same id twice is one endpoint. */
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description?: string;
  readonly events: readonly string[];
  /** As it is to be stored. */
  readonly secret: string;
}

export interface WebhookEndpointRef {
  readonly tenantId: string;
  readonly endpointId: string;
}

export interface WebhookEndpointPatch {
  readonly url?: string;
  /** `null` removes it. */
  readonly description?: string | null;
  readonly events?: readonly string[];
  readonly status?: WebhookEndpointStatus;
}

export const webhookDeliveryStatuses = ['pending', 'delivered', 'failed', 'cancelled'] as const;
/** `failed`: the schedule is over. `cancelled`: its endpoint was disabled or deleted first. */
export type WebhookDeliveryStatus = (typeof webhookDeliveryStatuses)[number];

/** One event for one endpoint, and how its last attempt went. */
export interface WebhookDeliverySummary {
  readonly id: string;
  readonly endpointId: string;
  /** The `webhook-id` that receivers see: the same for every attempt and every endpoint. */
  readonly eventId: string;
  readonly eventType: string;
  readonly runId?: string;
  readonly status: WebhookDeliveryStatus;
  /** Attempts begun. */
  readonly attempts: number;
  readonly nextAttemptAtMs?: number;
  readonly lastAttemptAtMs?: number;
  /** HTTP status of the last attempt that was answered. */
  readonly lastStatus?: number;
  readonly lastError?: string;
  readonly lastLatencyMs?: number;
  readonly createdAtMs: number;
  readonly deliveredAtMs?: number;
}

export interface WebhookDeliveryRecord extends WebhookDeliverySummary {
  readonly payload: JsonObject;
  /** The beginning of the last answer's body. */
  readonly lastResponse?: string;
}

export interface ListWebhookDeliveriesQuery extends WebhookEndpointRef {
  readonly status?: WebhookDeliveryStatus;
  /** 1 to 1,000. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface WebhookDeliveryPage {
  readonly deliveries: readonly WebhookDeliverySummary[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/** Which deliveries to replay: one, or a range by the time of the event. */
export type WebhookReplay =
  | { readonly deliveryId: string }
  | {
      readonly fromMs: number;
      /** Exclusive. */
      readonly toMs: number;
      readonly status: Exclude<WebhookDeliveryStatus, 'pending'>;
      readonly limit: number;
    };

export type WebhookReplayResult =
  | {
      readonly status: 'replayed';
      readonly replayed: number;
      /** More than `limit` are in the range. */
      readonly hasMore: boolean;
      /** Of the last one replayed. */
      readonly lastCreatedAtMs?: number;
    }
  | { readonly status: 'not-found' }
  /** The endpoint takes nothing now. */
  | { readonly status: 'disabled' };

/** An attempt to make, with all it takes. */
export interface ClaimedDelivery {
  readonly deliveryId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly runId?: string;
  /** Counted from 1. Fences the result: another attempt that has begun since makes it void. */
  readonly attempt: number;
  readonly url: string;
  /** As stored, those valid now, the newest first. */
  readonly secrets: readonly string[];
  readonly payload: JsonObject;
}

/** How an attempt went, as receivers of the delivery log see it. */
export interface AttemptReport {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  readonly error?: string;
  readonly latencyMs: number;
  /** The beginning of the answer's body. */
  readonly response?: string;
}

export type DeliveryOutcome =
  | ({ readonly outcome: 'delivered' } & AttemptReport)
  | ({ readonly outcome: 'retry'; readonly retryInMs: number } & AttemptReport)
  /** `isGone`: the endpoint answered 410 and wants nothing more. */
  | ({ readonly outcome: 'failed'; readonly isGone?: boolean } & AttemptReport)
  /** Given back for reasons of ours; counts as not begun. */
  | { readonly outcome: 'released' };

export type CompletedDelivery = Pick<ClaimedDelivery, 'deliveryId' | 'attempt'> & DeliveryOutcome;

export interface ClaimDeliveries {
  readonly limit: number;
  /** Attempts at the same time per endpoint. */
  readonly perEndpoint: number;
  readonly leaseMs: number;
  /** What the caller has in flight. */
  readonly busy: readonly { readonly endpointId: string; readonly inFlight: number }[];
}

export interface DisabledEndpoint {
  readonly endpointId: string;
  readonly reason: WebhookDisabledReason;
}
