import { z } from 'zod';
import { reasoningEfforts } from '../model-request.ts';
import { openAiSharedShape } from './chat.ts';
import { openAiOriginSchema } from './extension.ts';

const inputPart = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  image_url: z.string().nullish(),
});
export type OpenAiInputPart = z.infer<typeof inputPart>;

/** Items of many kinds; which are served, and with which fields, is decided where they are read. */
const inputItem = z.looseObject({
  type: z.string().nullish(),
  role: z.enum(['system', 'developer', 'user', 'assistant']).nullish(),
  content: z.union([z.string(), z.array(inputPart)]).nullish(),
  id: z.string().nullish(),
  call_id: z.string().nullish(),
  name: z.string().nullish(),
  arguments: z.string().nullish(),
  output: z.union([z.string(), z.array(inputPart)]).nullish(),
});
export type OpenAiInputItem = z.infer<typeof inputItem>;

const tool = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

const format = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

/** Body of `POST /v1/responses`, read as loosely as that of a chat completion. */
export const openAiResponseRequestSchema = z.looseObject({
  ...openAiSharedShape,
  input: z.union([z.string(), z.array(inputItem).min(1)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({ type: z.string(), name: z.string().nullish() })]).nullish(),
  text: z.looseObject({ format: format.nullish() }).nullish(),
  max_output_tokens: z.number().nullish(),
  reasoning: z.looseObject({ effort: z.enum(reasoningEfforts).nullish() }).nullish(),
  store: z.boolean().nullish(),
  /** Repeated in the response. */
  metadata: z.record(z.string(), z.unknown()).nullish(),
  /** All that it can ask for is what is done anyway. */
  stream_options: z.unknown().optional(),
});
export type OpenAiResponseRequest = z.infer<typeof openAiResponseRequestSchema>;

const count = z.number().int().min(0);
const itemStatus = z.enum(['in_progress', 'completed', 'incomplete']);

const outputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(
    z.object({ type: z.literal('url_citation'), url: z.string(), title: z.string(), start_index: count, end_index: count }),
  ),
  logprobs: z.array(z.unknown()),
});
export type OpenAiOutputText = z.infer<typeof outputText>;

const summaryText = z.object({ type: z.literal('summary_text'), text: z.string() });

const outputItem = z.discriminatedUnion('type', [
  z.object({ id: z.string(), type: z.literal('reasoning'), status: itemStatus, summary: z.array(summaryText) }),
  z.object({
    id: z.string(),
    type: z.literal('message'),
    status: itemStatus,
    role: z.literal('assistant'),
    content: z.array(outputText),
  }),
  z.object({
    id: z.string(),
    type: z.literal('function_call'),
    status: itemStatus,
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
]);
export type OpenAiOutputItem = z.infer<typeof outputItem>;

const usage = z.object({
  input_tokens: count,
  input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: z.object({ reasoning_tokens: count }),
  total_tokens: count,
});
export type OpenAiResponseUsage = z.infer<typeof usage>;

/** The answer of `POST /v1/responses`. What was asked for is repeated in it. */
export const openAiResponseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: count,
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed']),
  background: z.literal(false),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.enum(['max_output_tokens', 'content_filter']) }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.number().nullable(),
  /** The name that was asked for. */
  model: z.string(),
  output: z.array(outputItem),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.null(),
  reasoning: z.looseObject({}),
  service_tier: z.literal('default'),
  store: z.boolean(),
  temperature: z.number().nullable(),
  text: z.looseObject({}),
  tool_choice: z.unknown(),
  tools: z.array(z.unknown()),
  top_p: z.number().nullable(),
  truncation: z.literal('disabled'),
  usage: usage.nullable(),
  user: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  /** Once the answer is there. */
  orchestrator: openAiOriginSchema.optional(),
});
export type OpenAiResponse = z.infer<typeof openAiResponseSchema>;
