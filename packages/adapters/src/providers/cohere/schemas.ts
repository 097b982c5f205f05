import { z } from 'zod';

// Loose on purpose: vendors add fields every month. Only what is used is read, and every field may be missing or null.
const count = z.number().int().nonnegative();
const countsSchema = z.object({ input_tokens: count.nullish(), output_tokens: count.nullish() });

const chatUsageSchema = z.object({
  billed_units: countsSchema.nullish().catch(null),
  tokens: countsSchema.nullish().catch(null),
});
export type ChatUsage = z.infer<typeof chatUsageSchema>;

const functionSchema = z.object({ name: z.string().nullish(), arguments: z.string().nullish() });
const toolCallSchema = z.object({ id: z.string().nullish(), function: functionSchema.nullish() });
export type ChatToolCall = z.infer<typeof toolCallSchema>;

export const chatAnswerSchema = z.object({
  finish_reason: z.string().nullish(),
  message: z.object({
    content: z.array(z.object({ type: z.string(), text: z.string().nullish(), thinking: z.string().nullish() })).nullish(),
    tool_plan: z.string().nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
  }),
  usage: chatUsageSchema.nullish().catch(null),
});

/** The union of the fields of all stream events; unknown types are skipped. */
export const chatEventSchema = z.object({
  type: z.string(),
  index: count.nullish(),
  delta: z
    .object({
      error: z.string().nullish(),
      finish_reason: z.string().nullish(),
      usage: chatUsageSchema.nullish().catch(null),
      message: z
        .object({
          tool_plan: z.string().nullish(),
          // Lists at the start of a message, single objects in its pieces.
          content: z.object({ text: z.string().nullish(), thinking: z.string().nullish() }).nullish().catch(null),
          tool_calls: toolCallSchema.nullish().catch(null),
        })
        .nullish(),
    })
    .nullish(),
  message: z.string().nullish().catch(null),
});
