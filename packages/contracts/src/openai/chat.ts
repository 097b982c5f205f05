import { z } from 'zod';
import { reasoningEfforts } from '../model-request.ts';
import { openAiExtensionSchema, openAiOriginSchema } from './extension.ts';

/*
 * Requests are read as OpenAI reads them: `null` stands for "not given", and fields that are not listed are passed over. What a
 * field may hold in detail is checked where it becomes a request of ours.
 */

const content = z.union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() })).min(1)]);

const toolCall = z.looseObject({
  id: z.string(),
  type: z.string().nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).nullish(),
});
export type OpenAiToolCall = z.infer<typeof toolCall>;

const imageUrl = z.looseObject({ url: z.string(), detail: z.string().nullish() });
const userPart = z.looseObject({ type: z.string(), text: z.string().nullish(), image_url: imageUrl.nullish() });
export type OpenAiUserPart = z.infer<typeof userPart>;

export const openAiChatMessageSchema = z.discriminatedUnion(
  'role',
  [
    z.looseObject({ role: z.literal('system'), content }),
    z.looseObject({ role: z.literal('developer'), content }),
    z.looseObject({ role: z.literal('user'), content: z.union([z.string(), z.array(userPart).min(1)]) }),
    z.looseObject({
      role: z.literal('assistant'),
      content: content.nullish(),
      refusal: z.string().nullish(),
      tool_calls: z.array(toolCall).nullish(),
      function_call: z.unknown().optional(),
    }),
    z.looseObject({ role: z.literal('tool'), tool_call_id: z.string(), content }),
  ],
  { error: 'must have the role system, developer, user, assistant or tool' },
);
export type OpenAiChatMessage = z.infer<typeof openAiChatMessageSchema>;

const jsonSchemaFormat = z.looseObject({
  name: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const chatTool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({
      name: z.string(),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    })
    .nullish(),
});

const toolChoice = z.union([
  z.string(),
  z.looseObject({ type: z.string(), function: z.looseObject({ name: z.string() }).nullish() }),
]);

/** Fields of the same name and meaning in chat completions and responses. */
export const openAiSharedShape = {
  model: z.string().min(1).max(300),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stream: z.boolean().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  /** Yours, for lists and audit; the second is the newer name. */
  user: z.string().nullish(),
  safety_identifier: z.string().nullish(),
  orchestrator: openAiExtensionSchema.nullish(),
} as const;

/** Body of `POST /v1/chat/completions`. */
export const openAiChatRequestSchema = z.looseObject({
  ...openAiSharedShape,
  messages: z.array(openAiChatMessageSchema).min(1),
  tools: z.array(chatTool).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: z.looseObject({ type: z.string(), json_schema: jsonSchemaFormat.nullish() }).nullish(),
  max_tokens: z.number().nullish(),
  max_completion_tokens: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  seed: z.number().nullish(),
  reasoning_effort: z.enum(reasoningEfforts).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});
export type OpenAiChatRequest = z.infer<typeof openAiChatRequestSchema>;

const count = z.number().int().min(0);

export const openAiChatUsageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, audio_tokens: count }),
  completion_tokens_details: z.object({
    reasoning_tokens: count,
    audio_tokens: count,
    accepted_prediction_tokens: count,
    rejected_prediction_tokens: count,
  }),
});
export type OpenAiChatUsage = z.infer<typeof openAiChatUsageSchema>;

const annotation = z.object({
  type: z.literal('url_citation'),
  url_citation: z.object({ url: z.string(), title: z.string(), start_index: count, end_index: count }),
});

const finishReason = z.enum(['stop', 'length', 'tool_calls', 'content_filter']);
export type OpenAiFinishReason = z.infer<typeof finishReason>;

/** The answer of `POST /v1/chat/completions`. */
export const openAiChatCompletionSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: count,
  /** The name that was asked for. */
  model: z.string(),
  choices: z.array(
    z.object({
      index: count,
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        /** The model's own account of its thinking, where the vendor shows it. */
        reasoning_content: z.string().optional(),
        annotations: z.array(annotation).optional(),
        tool_calls: z
          .array(
            z.object({
              id: z.string(),
              type: z.literal('function'),
              function: z.object({ name: z.string(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason,
    }),
  ),
  usage: openAiChatUsageSchema,
  service_tier: z.literal('default'),
  system_fingerprint: z.null(),
  orchestrator: openAiOriginSchema,
});
export type OpenAiChatCompletion = z.infer<typeof openAiChatCompletionSchema>;

/** One `data:` of a streamed chat completion. */
export const openAiChatChunkSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: count,
  model: z.string(),
  /** Empty in the last chunk where usage was asked for. */
  choices: z.array(
    z.object({
      index: count,
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        reasoning_content: z.string().optional(),
        annotations: z.array(annotation).optional(),
        tool_calls: z
          .array(
            z.object({
              index: count,
              id: z.string().optional(),
              type: z.literal('function').optional(),
              function: z.object({ name: z.string().optional(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
      logprobs: z.null(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  /** Only where it was asked for: `null` but in the last chunk. */
  usage: openAiChatUsageSchema.nullable().optional(),
  service_tier: z.literal('default'),
  system_fingerprint: z.null(),
  /** In the last chunk. */
  orchestrator: openAiOriginSchema.optional(),
});
export type OpenAiChatChunk = z.infer<typeof openAiChatChunkSchema>;
