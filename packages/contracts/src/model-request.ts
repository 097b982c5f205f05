import { z } from 'zod';

/** What a model can do. A request may require any of them. */
export const capabilities = [
  'text',
  'streaming',
  /** Tool calls. */
  'functions',
  /** Images in messages. */
  'vision',
  /** Answers that follow a JSON Schema. */
  'structured-output',
  'reasoning',
  'long-context',
  'ultra-long-context',
  'fast-inference',
  'online-search',
  'citations',
  'embeddings',
  'multi-model',
] as const;
export type Capability = (typeof capabilities)[number];
export const capabilitySchema = z.enum(capabilities).meta({ id: 'Capability', description: 'What a model can do.' });

/**
 * How the router orders the providers that can serve a request.
 *
 * `cheapest`: expected cost of this request · `fastest`: live latency · `specified`: only the named provider ·
 * `weighted`: drawn at random by configured weights · `priority`: the configured order.
 */
export const routingStrategies = ['cheapest', 'fastest', 'specified', 'weighted', 'priority'] as const;
export type RoutingStrategy = (typeof routingStrategies)[number];
export const routingStrategySchema = z
  .enum(routingStrategies)
  .meta({ id: 'RoutingStrategy', description: 'Order of the providers that can serve a request.' });

const longText = z.string().max(262_144);
const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;

export const textPartSchema = z.strictObject({ type: z.literal('text'), text: longText });
/** Exactly one of `url` (http or https) and `data` (base64, with its `mediaType`). */
export const imagePartSchema = z
  .strictObject({
    type: z.literal('image'),
    url: z
      .string()
      .max(4_096)
      .regex(/^https?:\/\//, 'must be an http or https URL; give the bytes as `data`')
      .optional(),
    data: z
      .string()
      .min(1)
      .max(20_971_520)
      .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'must be base64')
      .optional(),
    mediaType: z.enum(imageTypes).optional(),
  })
  .refine(({ url, data }) => (url === undefined) !== (data === undefined), { message: 'give exactly one of url and data' })
  .refine(({ data, mediaType }) => data === undefined || mediaType !== undefined, {
    path: ['mediaType'],
    message: 'data needs its mediaType',
  });
export type TextPart = z.infer<typeof textPartSchema>;
export type ImagePart = z.infer<typeof imagePartSchema>;

const toolName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -');
export const toolCallSchema = z.strictObject({
  id: z.string().min(1).max(200),
  name: toolName,
  /** JSON text, as the model wrote it: it may be malformed. */
  arguments: longText,
});
export type ToolCall = z.infer<typeof toolCallSchema>;

export const modelMessageSchema = z
  .discriminatedUnion('role', [
    z.strictObject({ role: z.literal('system'), content: longText.min(1) }),
    z.strictObject({
      role: z.literal('user'),
      content: z.union([
        longText.min(1),
        z
          .array(z.union([textPartSchema, imagePartSchema]))
          .min(1)
          .max(100),
      ]),
    }),
    z
      .strictObject({
        role: z.literal('assistant'),
        content: longText.optional(),
        toolCalls: z.array(toolCallSchema).min(1).max(128).optional(),
      })
      .refine(({ content, toolCalls }) => Boolean(content) || toolCalls !== undefined, {
        message: 'give content or toolCalls',
      }),
    z.strictObject({ role: z.literal('tool'), toolCallId: z.string().min(1).max(200), content: longText }),
  ])
  .meta({ id: 'Message', description: 'One message of a conversation.' });
export type ModelMessage = z.infer<typeof modelMessageSchema>;

export const toolDefinitionSchema = z
  .strictObject({
    name: toolName,
    description: z.string().max(4_096).optional(),
    /** JSON Schema of the arguments, an object type. */
    parameters: z.record(z.string(), z.unknown()),
    /** The model must follow the schema exactly, where the vendor offers that. */
    strict: z.boolean().optional(),
  })
  .meta({ id: 'ToolDefinition', description: 'A tool that the model may call.' });
export type ToolDefinition = z.infer<typeof toolDefinitionSchema>;

export const toolChoiceSchema = z
  .union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: toolName })])
  .meta({ id: 'ToolChoice', description: 'Whether to call tools, or which one.' });
export type ToolChoice = z.infer<typeof toolChoiceSchema>;

export const responseFormatSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text') }),
    /** Any JSON object. */
    z.strictObject({ type: z.literal('json') }),
    z.strictObject({
      type: z.literal('json-schema'),
      name: toolName.optional(),
      schema: z.record(z.string(), z.unknown()),
      strict: z.boolean().optional(),
    }),
  ])
  .meta({ id: 'ResponseFormat', description: 'The form of the answer.' });
export type ResponseFormat = z.infer<typeof responseFormatSchema>;

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high'] as const;
export type ReasoningEffort = (typeof reasoningEfforts)[number];

/** A provider (and model) to try when those before it failed. */
export const fallbackSchema = z
  .strictObject({
    provider: z.string().min(1).max(64),
    model: z.string().min(1).max(200).optional(),
  })
  .meta({ id: 'Fallback', description: 'Whom to ask when those before failed.' });
export type Fallback = z.infer<typeof fallbackSchema>;

/** Fields of a model request beyond prompt, limits and names; the same in HTTP requests and workflow steps. */
export const modelRequestShape = {
  messages: z.array(modelMessageSchema).min(1).max(1_000).optional(),
  tools: z.array(toolDefinitionSchema).min(1).max(128).optional(),
  toolChoice: toolChoiceSchema.optional(),
  responseFormat: responseFormatSchema.optional(),
  reasoningEffort: z.enum(reasoningEfforts).optional(),
  stop: z.array(z.string().min(1).max(200)).min(1).max(4).optional(),
  seed: z.number().int().min(0).max(2_147_483_647).optional(),
  topP: z.number().min(0).max(1).optional(),
} as const;

/** Fields that steer the router; the same in HTTP requests and workflow steps. */
export const routingShape = {
  /** Order of the candidates when no provider is named. */
  routing: routingStrategySchema.optional(),
  /** Only models with all of these are asked. */
  requires: z.array(capabilitySchema).min(1).max(capabilities.length).optional(),
  fallbacks: z.array(fallbackSchema).min(1).max(10).optional(),
} as const;
