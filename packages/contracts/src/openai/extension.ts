import { z } from 'zod';
import { capabilitySchema, fallbackSchema } from '../model-request.ts';
import { prioritySchema } from '../workflow-definition.ts';

/**
 * The field `orchestrator` of a request: what OpenAI's API has no name for. Unlike the rest of such a request it is strict, as
 * no client sends it by accident.
 */
export const openAiExtensionSchema = z.strictObject({
  /** The call is not made if it could cost more. */
  max_cost_usd: z.number().min(0).max(1_000_000).optional(),
  /** Limit of the run, in milliseconds. */
  timeout_ms: z.number().int().min(1).max(86_400_000).optional(),
  priority: prioritySchema.optional(),
  requires: z.array(capabilitySchema).min(1).optional(),
  fallbacks: z.array(fallbackSchema).min(1).max(10).optional(),
});
export type OpenAiExtension = z.infer<typeof openAiExtensionSchema>;

/** The field `orchestrator` of an answer, and of the last chunk of a stream. */
export const openAiOriginSchema = z.object({
  /** Also the job id: `GET /api/jobs/:id` takes it. */
  run_id: z.uuid(),
  provider: z.string(),
  /** The model id the vendor says it answered with. */
  model: z.string(),
  cost_usd: z.number(),
  /** Parameters that were left out because the model refuses them, and similar notes. */
  warnings: z.array(z.string()).optional(),
});
export type OpenAiOrigin = z.infer<typeof openAiOriginSchema>;
