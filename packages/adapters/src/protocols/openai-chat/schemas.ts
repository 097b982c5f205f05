import { z } from 'zod';

// Loose on purpose: vendors add fields every month. Only what is used is read, and every field may be missing or null.
const count = z.number().int().nonnegative();

/** Fields of one vendor only pass through and are read by its dialect. */
export const chatUsageSchema = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z
    .looseObject({ cached_tokens: count.nullish(), cache_write_tokens: count.nullish() })
    .nullish()
    .catch(null),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count.nullish() }).nullish().catch(null),
});
export type ChatUsage = z.infer<typeof chatUsageSchema>;

const textChunkSchema = z.looseObject({ type: z.string().nullish(), text: z.string().nullish() });
/** Text, or typed chunks of which some are the model's thinking. */
const contentSchema = z.union([
  z.string(),
  z.array(textChunkSchema.extend({ thinking: z.union([z.string(), z.array(textChunkSchema)]).nullish() })),
]);
export type ChatContent = z.infer<typeof contentSchema>;

const functionSchema = z.looseObject({
  name: z.string().nullish(),
  /** Some vendors give the object itself in place of its JSON text. */
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
});
const toolCallSchema = z.looseObject({ id: z.string().nullish(), index: count.nullish(), function: functionSchema.nullish() });
export type ChatToolCall = z.infer<typeof toolCallSchema>;

const annotationSchema = z.looseObject({
  type: z.string().nullish(),
  url_citation: z.looseObject({ url: z.string().nullish(), title: z.string().nullish() }).nullish(),
});

/** The fields of a message, and of the delta of one. */
const messageSchema = z.looseObject({
  content: contentSchema.nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish().catch(null),
  reasoning: z.string().nullish().catch(null),
  tool_calls: z.array(toolCallSchema).nullish(),
  annotations: z.array(annotationSchema).nullish().catch(null),
});
export type ChatMessage = z.infer<typeof messageSchema>;

export const chatCompletionSchema = z.looseObject({
  model: z.string().nullish(),
  choices: z.array(z.looseObject({ finish_reason: z.string().nullish(), message: messageSchema })),
  usage: chatUsageSchema.nullish().catch(null),
});
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;

export const chatChunkSchema = z.looseObject({
  model: z.string().nullish(),
  choices: z.array(z.looseObject({ finish_reason: z.string().nullish(), delta: messageSchema.nullish() })).nullish(),
  usage: chatUsageSchema.nullish().catch(null),
});
export type ChatChunk = z.infer<typeof chatChunkSchema>;

/** An error where an answer should be: some gateways send it with status 200. */
export const chatErrorSchema = z.looseObject({
  error: z.union([
    z.string(),
    z.looseObject({
      message: z.string().nullish(),
      type: z.string().nullish().catch(null),
      code: z.union([z.string(), z.number()]).nullish().catch(null),
    }),
  ]),
});
