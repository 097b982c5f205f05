import { z } from 'zod';

/** `GET /v1/models/:model`. */
export const openAiModelSchema = z.object({
  id: z.string(),
  object: z.literal('model'),
  /** Unix seconds; 0 where it isn't known. */
  created: z.number().int(),
  owned_by: z.string(),
});
export type OpenAiModel = z.infer<typeof openAiModelSchema>;

/** `GET /v1/models`. */
export const openAiModelListSchema = z.object({ object: z.literal('list'), data: z.array(openAiModelSchema) });
