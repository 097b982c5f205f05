import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { durationMsField, optionalUsdField, usdField } from './fields.ts';
import { rejectionCodeSchema } from './routing.ts';

const providerEstimateSchema = z
  .object({
    provider: z.string(),
    model: z.string().describe('The model that would be asked.'),
    estimatedCostUSD: optionalUsdField.describe('The most the call can cost; `null` where no price is known.'),
    inputTokenCost: optionalUsdField,
    outputTokenCost: optionalUsdField,
    expectedCostUSD: optionalUsdField.describe('What it will probably cost; routing by cost goes by it.'),
    latencyMs: durationMsField.nullable().describe('Typical time to a complete answer, milliseconds.'),
    canServe: z.boolean(),
    code: rejectionCodeSchema.exactOptional(),
    reason: z.string().exactOptional().describe("Why it can't."),
  })
  .meta({ id: 'ProviderEstimate' });

const providerOrNone = z.string().nullable();

/** The reply of `POST /api/ai/estimate`. */
export const estimateResponseSchema = z
  .object({
    cheapest: providerOrNone.describe('Of those that can serve the request.'),
    fastest: providerOrNone.describe('Of those that can serve the request.'),
    selected: providerOrNone.describe('Whom the router would ask.'),
    requiresApproval: z.boolean(),
    thresholdUSD: usdField.describe('A call that can cost more waits for approval.'),
    reason: z.string().exactOptional().describe('Why nobody can serve it.'),
    estimates: z.array(providerEstimateSchema),
  })
  .meta({ id: 'EstimateResponse', description: 'What a request would cost, provider by provider.' });
export type EstimateResponse = DeepReadonly<z.infer<typeof estimateResponseSchema>>;
