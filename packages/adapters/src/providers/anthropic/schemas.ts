import { z } from 'zod';

// Loose on purpose, see the chat schemas: only what is used, every field may be missing or null.
const count = z.number().int().nonnegative();

export const messageUsageSchema = z.object({
  input_tokens: count.nullish(),
  output_tokens: count.nullish(),
  cache_creation_input_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
  output_tokens_details: z.object({ thinking_tokens: count.nullish() }).nullish(),
});
export type MessageUsage = z.infer<typeof messageUsageSchema>;

export const messageSchema = z.object({
  model: z.string().nullish(),
  content: z.array(z.object({ type: z.string(), text: z.string().nullish() })),
  stop_reason: z.string().nullish(),
  usage: messageUsageSchema.nullish().catch(null),
});

/** The union of the fields of all stream events; unknown event types are skipped. */
export const messageEventSchema = z.object({
  type: z.string(),
  message: z.object({ model: z.string().nullish(), usage: messageUsageSchema.nullish().catch(null) }).nullish(),
  content_block: z.object({ type: z.string(), text: z.string().nullish() }).nullish(),
  delta: z.object({ type: z.string().nullish(), text: z.string().nullish(), stop_reason: z.string().nullish() }).nullish(),
  usage: messageUsageSchema.nullish().catch(null),
});
