import { z } from 'zod';

// Loose on purpose, see the chat schemas: only what is used, every field may be missing or null.
const count = z.number().int().nonnegative();

export const contentUsageSchema = z.object({
  promptTokenCount: count.nullish(),
  cachedContentTokenCount: count.nullish(),
  candidatesTokenCount: count.nullish(),
  thoughtsTokenCount: count.nullish(),
  toolUsePromptTokenCount: count.nullish(),
  totalTokenCount: count.nullish(),
});
export type ContentUsage = z.infer<typeof contentUsageSchema>;

/** One part of an answer: the union of the fields of all kinds. */
export const partSchema = z.object({
  text: z.string().nullish(),
  /** The text is the model's account of its thinking. */
  thought: z.boolean().nullish(),
  functionCall: z.object({ id: z.string().nullish(), name: z.string().nullish(), args: z.unknown().optional() }).nullish(),
});

const candidateSchema = z.object({
  content: z.object({ parts: z.array(partSchema).nullish() }).nullish(),
  finishReason: z.string().nullish(),
  citationMetadata: z
    .object({ citationSources: z.array(z.object({ uri: z.string().nullish() })).nullish() })
    .nullish()
    .catch(null),
  groundingMetadata: z
    .object({
      groundingChunks: z
        .array(z.object({ web: z.object({ uri: z.string().nullish(), title: z.string().nullish() }).nullish() }))
        .nullish(),
    })
    .nullish()
    .catch(null),
});
export type Candidate = z.infer<typeof candidateSchema>;

const errorDetailSchema = z.looseObject({
  '@type': z.string().nullish(),
  reason: z.string().nullish(),
  /** Seconds, e.g. `7s` or `0.25s`. */
  retryDelay: z.string().nullish(),
  violations: z.array(z.object({ quotaId: z.string().nullish() })).nullish(),
});
export const errorDetailsSchema = z.array(errorDetailSchema);
export type ErrorDetails = z.infer<typeof errorDetailsSchema>;

/** A complete answer, or one chunk of a stream. An error may come in its place. */
export const contentSchema = z.object({
  candidates: z.array(candidateSchema).nullish(),
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish(),
  usageMetadata: contentUsageSchema.nullish().catch(null),
  modelVersion: z.string().nullish(),
  error: z
    .object({
      code: z.number().int().nullish(),
      message: z.string().nullish(),
      status: z.string().nullish(),
      details: errorDetailsSchema.nullish().catch(null),
    })
    .nullish(),
});
