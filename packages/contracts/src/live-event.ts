import { z } from 'zod';
import { stepErrorSchema } from './step-error.ts';

/**
 * What readers of `GET /api/jobs/:id/events` and `POST /api/ai/stream` get: one server-sent event each, with `id` =
 * `<epoch>-<seq>`, `event` = `type` and this object as `data`.
 *
 * `seq` counts the events of a run from 1 without gaps. `epoch` is the lease under which the event happened: when a worker is
 * lost, what it told and could not store is void, and its successor gives those numbers again under the next epoch.
 */
const base = {
  jobId: z.uuid(),
  epoch: z.number().int().min(0),
  seq: z.number().int().min(1),
  /** When it happened, ISO 8601. */
  at: z.iso.datetime(),
};
const stepId = z.string();
const attempt = z.number().int().min(1);
const usd = z.number();

function event<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.looseObject({ type: z.literal(type), ...base, ...shape });
}

/** The last event of a run. `result` is what the call would have answered that waits for it. */
const ended = {
  degraded: z.boolean(),
  error: stepErrorSchema.optional(),
  result: z.unknown().optional().describe('What the call would have answered that waits for the end.'),
};

/** Newer servers may add fields; unknown types of events must be passed over. */
export const liveEventSchema = z
  .discriminatedUnion('type', [
    event('run-accepted', { kind: z.enum(['generate', 'workflow']), workflowName: z.string() }),
    event('run-started', {}),
    event('run-resumed', { isTakeover: z.boolean(), lostCount: z.number().int().optional() }),
    event('run-parked', { wakeInMs: z.number().optional(), reason: z.string().optional() }),
    event('step-started', { stepId, action: z.string() }),
    /** A piece of a streamed answer: exactly one of `text`, `reasoning` and `toolCall`. */
    event('token', {
      stepId,
      attempt,
      text: z.string().optional(),
      reasoning: z.string().optional(),
      toolCall: z
        .looseObject({
          index: z.number().int().min(0),
          id: z.string().optional(),
          name: z.string().optional(),
          argumentsDelta: z.string(),
        })
        .optional(),
    }),
    /** Whatever was received of this step's tokens is void: the call is made again. */
    event('restart', { stepId, reason: z.enum(['attempt-failed', 'worker-lost', 'worker-stopped']) }),
    event('step-attempt-failed', { stepId, attempt, error: stepErrorSchema }),
    event('step-attempt-abandoned', { stepId, attempt, reservedUSD: usd.optional() }),
    event('step-retry-scheduled', { stepId, attempt, dueAt: z.iso.datetime() }),
    event('step-waiting', { stepId, dueAt: z.iso.datetime() }),
    /** Provider, model and tokens where a model was asked; time and tokens are over all attempts. */
    event('step-completed', {
      stepId,
      costUSD: usd,
      attempts: z.number().int(),
      latencyMs: z.number().optional(),
      provider: z.string().optional(),
      model: z.string().optional(),
      promptTokens: z.number().int().optional(),
      completionTokens: z.number().int().optional(),
    }),
    event('step-failed', { stepId, error: stepErrorSchema }),
    event('step-skipped', { stepId, reason: z.string() }),
    event('step-cancelled', { stepId }),
    event('approval-requested', {
      stepId,
      approvalId: z.string(),
      estimatedCostUSD: usd.nullable(),
      thresholdUSD: usd,
      provider: z.string().optional(),
      model: z.string().optional(),
      expiresAt: z.iso.datetime().optional(),
    }),
    event('approval-approved', { stepId, approvalId: z.string(), decidedBy: z.string().optional() }),
    event('approval-rejected', { stepId, approvalId: z.string(), decidedBy: z.string().optional() }),
    event('approval-expired', { stepId, approvalId: z.string() }),
    event('run-completed', ended),
    event('run-failed', ended),
    event('run-cancelled', ended),
  ])
  .meta({
    id: 'LiveEvent',
    description: '`data` of one server-sent event. Types that are not known must be passed over.',
  });
export type LiveEvent = z.infer<typeof liveEventSchema>;
export type LiveEventType = LiveEvent['type'];
export const liveEventTypes = liveEventSchema.options.map((option) => option.shape.type.value);

/** Query of `GET /api/jobs/:id/events`. */
export const jobEventsQuerySchema = z.strictObject({
  lastEventId: z
    .string()
    .max(100)
    .optional()
    .describe("For readers that can't set the header `Last-Event-ID`, which wins over it."),
  types: z
    .union([z.string().max(2_000), z.array(z.string().max(2_000)).max(50)])
    .transform((types) => [types].flat().flatMap((list) => list.split(',').map((type) => type.trim())))
    .pipe(z.array(z.enum(liveEventTypes)).min(1))
    .optional()
    .describe('Only these types, separated by commas; the last event is sent in any case, and `restart` wherever `token` is.'),
});
