import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { type RoutingCandidate, type RoutingRejection, rejectionCodes } from '../model.ts';
import { routingStrategySchema } from '../model-request.ts';
import { stepErrorSchema } from '../step-error.ts';
import { durationMsField, optionalUsdField, usdField } from './fields.ts';
import { attemptOutcomeSchema } from './statuses.ts';

export const rejectionCodeSchema = z.enum(rejectionCodes).meta({ id: 'RejectionCode', description: 'Why nobody was asked.' });

const candidateSchema = z.object({
  provider: z.string(),
  model: z.string(),
  expectedCostUSD: optionalUsdField,
  latencyMs: durationMsField,
}) satisfies z.ZodType<RoutingCandidate>;

const rejectionSchema = z.object({
  provider: z.string(),
  model: z.string().exactOptional(),
  code: rejectionCodeSchema,
  reason: z.string(),
}) satisfies z.ZodType<RoutingRejection>;

/** How a request was routed, with `explain: true`. */
export const routingViewSchema = z
  .object({
    strategy: routingStrategySchema,
    chosen: z
      .object({ provider: z.string(), model: z.string(), reason: z.string() })
      .describe('Where the last call went, and why there.'),
    candidates: z.array(candidateSchema).describe('All that could have served the last call, in the order of preference.'),
    rejected: z.array(rejectionSchema).describe('Who was left out, and why.'),
    attempts: z
      .array(
        z.object({
          provider: z.string().exactOptional(),
          model: z.string().exactOptional(),
          outcome: attemptOutcomeSchema,
          error: stepErrorSchema.exactOptional(),
          latencyMs: durationMsField,
          costUSD: usdField,
        }),
      )
      .describe('Every call that was made, in order.'),
  })
  .meta({ id: 'RoutingView', description: 'How a request was routed.' });
export type RoutingView = DeepReadonly<z.infer<typeof routingViewSchema>>;
