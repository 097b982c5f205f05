import { z } from 'zod';
import { stepErrorNameSchema } from './step-error.ts';
import { allWebhookEvents, webhookDeliveryStatuses, webhookEndpointStatuses, webhookEventTypes } from './webhook.ts';

const maxEvents = 50;
const time = z.iso.datetime();
const url = z.string().min(1).max(2_048);
const description = z.string().min(1).max(500);
/** Names that are none are told apart from their schema: with the one that was probably meant. */
const events = z.array(z.string().max(100)).min(1).max(maxEvents);

/** `POST /api/webhooks`. */
export const createWebhookRequestSchema = z.strictObject({
  url,
  description: description.optional(),
  events: events.default([allWebhookEvents]),
});
export type CreateWebhookRequest = z.infer<typeof createWebhookRequestSchema>;

/** `PATCH /api/webhooks/:id`: what is left out stays. */
export const updateWebhookRequestSchema = z
  .strictObject({
    url: url.optional(),
    description: description.nullable().optional(),
    events: events.optional(),
    status: z.enum(webhookEndpointStatuses).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { message: 'give at least one of url, description, events and status' });

/** Query of `GET /api/webhooks/:id/deliveries`. */
export const listWebhookDeliveriesQuerySchema = z.strictObject({
  status: z.enum(webhookDeliveryStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.uuid().optional(),
});

/** `POST /api/webhooks/:id/replay`. */
export const replayWebhookRequestSchema = z
  .strictObject({
    from: z.iso.datetime({ offset: true }),
    to: z.iso.datetime({ offset: true }),
    status: z.enum(['failed', 'cancelled', 'delivered']).default('failed'),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], message: 'must be later than from' });

/** An endpoint as `/api/webhooks` shows it. */
export const webhookEndpointViewSchema = z.object({
  id: z.uuid(),
  url: z.string(),
  description: z.string().optional(),
  events: z.array(z.enum([allWebhookEvents, ...webhookEventTypes])),
  status: z.enum(webhookEndpointStatuses),
  disabledReason: z.enum(['user', 'gone', 'failing']).optional(),
  failingSince: time.optional(),
  createdAt: time,
  updatedAt: time,
  links: z.object({ self: z.string(), deliveries: z.string() }),
});
export type WebhookEndpointView = z.infer<typeof webhookEndpointViewSchema>;

/** The only answers that show a secret. */
export const webhookWithSecretSchema = webhookEndpointViewSchema.extend({
  secret: z.string(),
  /** Until then the secret before this one is signed with too. */
  previousSecretExpiresAt: time.optional(),
});
export type WebhookWithSecret = z.infer<typeof webhookWithSecretSchema>;

export const webhookListSchema = z.object({ webhooks: z.array(webhookEndpointViewSchema) });

/** A delivery in a list. */
export const webhookDeliverySummarySchema = z.object({
  id: z.uuid(),
  eventId: z.string(),
  eventType: z.string(),
  jobId: z.uuid().optional(),
  status: z.enum(webhookDeliveryStatuses),
  attempts: z.number().int(),
  nextAttemptAt: time.optional(),
  lastAttemptAt: time.optional(),
  lastStatus: z.number().int().optional(),
  lastError: z.string().optional(),
  lastLatencyMs: z.number().int().optional(),
  createdAt: time,
  deliveredAt: time.optional(),
  links: z.object({ self: z.string(), webhook: z.string(), replay: z.string() }),
});
export type WebhookDeliverySummaryView = z.infer<typeof webhookDeliverySummarySchema>;

export const webhookDeliveryListSchema = z.object({
  deliveries: z.array(webhookDeliverySummarySchema),
  nextCursor: z.string().optional(),
});

const base = { version: z.literal(1), timestamp: time };
const runData = z.looseObject({
  jobId: z.uuid(),
  kind: z.enum(['generate', 'workflow']),
  status: z.enum(['completed', 'failed', 'cancelled']),
  workflowName: z.string(),
  workflowId: z.uuid().optional(),
  userId: z.string().optional(),
  costUSD: z.number(),
  degraded: z.boolean(),
  error: z.looseObject({ name: stepErrorNameSchema, message: z.string() }).optional(),
  links: z.looseObject({ job: z.string() }),
});
const approvalData = z.looseObject({
  approvalId: z.uuid(),
  jobId: z.uuid(),
  stepId: z.string(),
  status: z.enum(['pending', 'approved', 'rejected']),
  provider: z.string(),
  model: z.string(),
  /** Absent where no price is known. */
  estimatedCostUSD: z.number().optional(),
  thresholdUSD: z.number(),
  expiresAt: time,
  decidedBy: z.string().optional(),
  links: z.looseObject({ approval: z.string(), job: z.string() }),
});

/**
 * The body that an endpoint gets. `version` changes when a field changes its meaning or goes; new fields and types come without notice,
 * so receivers must pass over what they don't know.
 */
export const webhookEventSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('run.completed'), ...base, data: runData }),
  z.looseObject({ type: z.literal('run.failed'), ...base, data: runData }),
  z.looseObject({ type: z.literal('run.cancelled'), ...base, data: runData }),
  z.looseObject({ type: z.literal('approval.requested'), ...base, data: approvalData }),
  z.looseObject({ type: z.literal('approval.decided'), ...base, data: approvalData }),
  /** Asked for by `POST /api/webhooks/:id/test`. */
  z.looseObject({
    type: z.literal('webhook.test'),
    ...base,
    data: z.looseObject({ endpointId: z.uuid(), links: z.looseObject({ endpoint: z.string() }) }),
  }),
]);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

/** One delivery with what was sent and what came back. */
export const webhookDeliverySchema = webhookDeliverySummarySchema.extend({
  payload: webhookEventSchema,
  lastResponse: z.string().optional(),
});
export type WebhookDeliveryView = z.infer<typeof webhookDeliverySchema>;

export const webhookReplaySchema = z.object({
  replayed: z.number().int(),
  /** More are in the range than one call takes. */
  hasMore: z.boolean(),
  /** Where to go on from then. */
  nextFrom: time.optional(),
});
export type WebhookReplayView = z.infer<typeof webhookReplaySchema>;
