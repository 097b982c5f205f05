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

/** The union of the fields of all content blocks; types that are not asked for are skipped. */
const contentBlockSchema = z.object({
  type: z.string(),
  text: z.string().nullish(),
  thinking: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  input: z.unknown().optional(),
});
export type MessageBlock = z.infer<typeof contentBlockSchema>;

export const messageSchema = z.object({
  model: z.string().nullish(),
  content: z.array(contentBlockSchema),
  stop_reason: z.string().nullish(),
  usage: messageUsageSchema.nullish().catch(null),
});

/** The union of the fields of all stream events; unknown event types are skipped. */
export const messageEventSchema = z.object({
  type: z.string(),
  index: count.nullish(),
  message: z.object({ model: z.string().nullish(), usage: messageUsageSchema.nullish().catch(null) }).nullish(),
  content_block: contentBlockSchema.nullish(),
  delta: z
    .object({
      type: z.string().nullish(),
      text: z.string().nullish(),
      thinking: z.string().nullish(),
      partial_json: z.string().nullish(),
      stop_reason: z.string().nullish(),
    })
    .nullish(),
  usage: messageUsageSchema.nullish().catch(null),
});
export type MessageEvent = z.infer<typeof messageEventSchema>;
