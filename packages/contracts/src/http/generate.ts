import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { fallbackSchema, modelRequestShape, routingShape } from '../model-request.ts';
import { prioritySchema } from '../workflow-definition.ts';
import { citationViewSchema, finishReasonSchema, toolCallViewSchema, usageViewSchema } from './answer-parts.ts';
import { pendingApprovalViewSchema } from './approvals.ts';
import {
  durationMsField,
  jobIdField,
  liveField,
  modelNameField,
  providerNameField,
  tagsField,
  usdField,
  userIdField,
} from './fields.ts';
import { routingViewSchema } from './routing.ts';
import { runStatusSchema } from './statuses.ts';

/** `POST /api/ai/generate` and `/api/ai/estimate`. */
export const generateRequestSchema = z
  .strictObject({
    prompt: z.string().min(1).max(262_144).optional().describe('This, `messages` or both; the last user message then.'),
    systemPrompt: z.string().max(262_144).optional(),
    ...modelRequestShape,
    temperature: z.number().min(0).max(2).optional(),
    maxTokens: z.number().int().min(1).max(1_000_000).optional().describe('Most tokens of the answer.'),
    provider: providerNameField.optional().describe('Absent: the router chooses.'),
    model: modelNameField.optional().describe("Absent: the provider's default."),
    ...routingShape,
    explain: z.boolean().optional().describe('The answer tells how the request was routed.'),
    live: liveField.optional(),
    userId: userIdField.optional().describe('Yours, for lists and audit.'),
    tags: tagsField.optional(),
    priority: prioritySchema.optional(),
    maxCostUSD: z.number().min(0).max(1_000_000).optional().describe('The call is not made if it could cost more.'),
    timeoutMs: z.number().int().min(1).max(86_400_000).optional().describe('Limit of the run. Default 300000.'),
  })
  .refine(({ prompt, messages }) => prompt !== undefined || messages !== undefined, {
    path: ['prompt'],
    message: 'is missing: give prompt, messages or both',
  })
  .meta({ id: 'GenerateRequest' });
export type GenerateRequest = z.infer<typeof generateRequestSchema>;

/** The names in a body that may be broken elsewhere: what is not in its form is left out, as other rules tell of it. */
export const modelNamesSchema = z.object({
  provider: providerNameField.optional().catch(undefined),
  model: modelNameField.optional().catch(undefined),
  fallbacks: z.array(fallbackSchema).max(10).optional().catch(undefined),
});
export type ModelNames = z.infer<typeof modelNamesSchema>;

/** The reply of `POST /api/ai/generate`. */
export const generateResponseSchema = z
  .object({
    success: z.literal(true),
    requestId: jobIdField,
    content: z.string(),
    usage: usageViewSchema,
    costUSD: usdField,
    latencyMs: durationMsField,
    provider: z.string(),
    model: z.string(),
    finishReason: finishReasonSchema.exactOptional(),
    warnings: z.array(z.string()).exactOptional(),
    toolCalls: z.array(toolCallViewSchema).exactOptional(),
    citations: z.array(citationViewSchema).exactOptional(),
    reasoning: z.string().exactOptional(),
    routing: routingViewSchema.exactOptional().describe('With `explain`.'),
  })
  .meta({ id: 'GenerateResponse', description: 'What the model answered.' });
export type GenerateResponse = DeepReadonly<z.infer<typeof generateResponseSchema>>;

/** The envelope of a `generate` call that has no result yet. */
export const pendingGenerateResponseSchema = z
  .object({
    success: z.literal(false),
    requestId: jobIdField,
    jobId: jobIdField,
    status: runStatusSchema,
    approval: pendingApprovalViewSchema.exactOptional().describe('With status `waiting_approval`.'),
  })
  .meta({ id: 'PendingGenerateResponse', description: 'A call that has no result yet.' });
export type PendingGenerateResponse = DeepReadonly<z.infer<typeof pendingGenerateResponseSchema>>;
