import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { linkField, usdField } from './fields.ts';
import { generateResponseSchema } from './generate.ts';
import { runFactsShape, runResponseSchema } from './runs.ts';

/** `GET /api/jobs/:id`, for both kinds. */
export const jobViewSchema = z
  .object({
    ...runResponseSchema.shape,
    ...runFactsShape,
    links: runFactsShape.links.extend({
      workflow: linkField.exactOptional().describe('Of a saved one.'),
      approvals: linkField.exactOptional().describe('While the job waits for some.'),
    }),
    input: z.unknown().exactOptional(),
    result: generateResponseSchema
      .exactOptional()
      .describe('Of a `generate` job that completed: the body that the synchronous call answers.'),
    maxCostUSD: usdField.exactOptional(),
    reservedUSD: usdField.describe('Set aside for calls in flight; no part of `totalCostUSD`.'),
  })
  .meta({ id: 'Job', description: 'A run of either kind.' });
export type JobView = DeepReadonly<z.infer<typeof jobViewSchema>>;
