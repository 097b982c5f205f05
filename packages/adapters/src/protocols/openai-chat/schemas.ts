import { z } from 'zod';

// Loose on purpose: vendors add fields every month. Only what is used is read, and every field may be missing or null.
const count = z.number().int().nonnegative();

export const chatUsageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish(),
  completion_tokens_details: z.object({ reasoning_tokens: count.nullish() }).nullish(),
});
export type ChatUsage = z.infer<typeof chatUsageSchema>;

export const chatCompletionSchema = z.object({
  model: z.string().nullish(),
  choices: z.array(
    z.object({
      finish_reason: z.string().nullish(),
      message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
    }),
  ),
  usage: chatUsageSchema.nullish().catch(null),
});

export const chatChunkSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        delta: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
  usage: chatUsageSchema.nullish().catch(null),
});
