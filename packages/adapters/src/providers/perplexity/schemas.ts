import { z } from 'zod';

// Loose on purpose: vendors add fields every month. Only what is used is read, and every field may be missing or null.
const count = z.number().int().nonnegative();

const agentUsageSchema = z.object({
  input_tokens: count,
  output_tokens: count.nullish(),
  input_tokens_details: z
    .object({
      cached_tokens: count.nullish(),
      cache_read_input_tokens: count.nullish(),
      cache_creation_input_tokens: count.nullish(),
    })
    .nullish(),
  output_tokens_details: z.object({ reasoning_tokens: count.nullish() }).nullish(),
  // Amounts are checked where they are converted: an odd one must not cost us the token counts.
  cost: z
    .union([
      z.number(),
      z.string(),
      z.object({
        currency: z.string().nullish(),
        total_cost: z.unknown().optional(),
        total_cost_usd: z.unknown().optional(),
        total: z.unknown().optional(),
      }),
    ])
    .nullish()
    .catch(null),
  total_cost: z.unknown().optional(),
});
export type AgentUsage = z.infer<typeof agentUsageSchema>;

const sourceSchema = z.object({ url: z.string().nullish(), title: z.string().nullish() });
export type Source = z.infer<typeof sourceSchema>;
const sourcesSchema = z.array(sourceSchema).nullish().catch(null);

const contentPartSchema = z.object({
  type: z.string(),
  text: z.string().nullish(),
  annotations: z
    .array(sourceSchema.extend({ type: z.string().nullish() }))
    .nullish()
    .catch(null),
});

/** The union of the fields of all output items; unknown types are skipped. `content` belongs to messages, `contents` to fetches. */
const outputItemSchema = z.object({
  type: z.string(),
  content: z.array(contentPartSchema).nullish().catch(null),
  results: sourcesSchema,
  contents: sourcesSchema,
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  summary: z
    .array(z.object({ text: z.string().nullish() }))
    .nullish()
    .catch(null),
});
export type OutputItem = z.infer<typeof outputItemSchema>;

const failureSchema = z.object({ message: z.string().nullish(), code: z.unknown().optional(), type: z.unknown().optional() });

export const agentResponseSchema = z.object({
  model: z.string().nullish(),
  status: z.string().nullish(),
  output: z.array(outputItemSchema),
  error: failureSchema.nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  usage: agentUsageSchema.nullish().catch(null),
});
export type AgentResponse = z.infer<typeof agentResponseSchema>;

/** The union of the fields of all stream events; unknown types are skipped. */
export const agentEventSchema = z.object({
  type: z.string(),
  delta: z.string().nullish().catch(null),
  output_index: count.nullish(),
  item: outputItemSchema.nullish().catch(null),
  annotation: sourceSchema.nullish().catch(null),
  results: sourcesSchema,
  contents: sourcesSchema,
  thought: z.string().nullish(),
  response: z.unknown().optional(),
  message: z.string().nullish(),
  code: z.unknown().optional(),
});
