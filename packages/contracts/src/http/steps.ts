import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { stepErrorSchema } from '../step-error.ts';
import { citationViewSchema, costBasisSchema, finishReasonSchema, toolCallViewSchema, usageViewSchema } from './answer-parts.ts';
import { pendingApprovalViewSchema } from './approvals.ts';
import { durationMsField, timeField, usdField } from './fields.ts';
import { attemptOutcomeSchema, stepStatusSchema } from './statuses.ts';

/** One attempt as clients see it. */
export const attemptViewSchema = z
  .object({
    attempt: z.number().int().min(1),
    outcome: attemptOutcomeSchema,
    latencyMs: durationMsField,
    provider: z.string().exactOptional(),
    model: z.string().exactOptional(),
    costUSD: usdField,
    costBasis: costBasisSchema,
    finishReason: finishReasonSchema.exactOptional(),
    warnings: z.array(z.string()).exactOptional(),
    isFallback: z
      .boolean()
      .exactOptional()
      .describe('The call before it failed, and the router went on to this one within the same try.'),
    toolCalls: z.array(toolCallViewSchema).exactOptional(),
    citations: z.array(citationViewSchema).exactOptional(),
    reasoning: z.string().exactOptional(),
    error: stepErrorSchema.exactOptional(),
  })
  .meta({ id: 'Attempt', description: 'One call, or try, of a step.' });
export type AttemptView = DeepReadonly<z.infer<typeof attemptViewSchema>>;

/** One step of a run as clients see it. */
export const stepViewSchema = z
  .object({
    id: z.string(),
    visit: z.number().int().min(1),
    action: z.string(),
    status: stepStatusSchema,
    skipReason: z.enum(['condition', 'upstream']).exactOptional(),
    condition: z.boolean().exactOptional().describe('The value of `when`.'),
    output: z.unknown().exactOptional(),
    error: stepErrorSchema.exactOptional(),
    provider: z.string().exactOptional(),
    model: z.string().exactOptional(),
    usage: usageViewSchema.exactOptional(),
    costUSD: usdField.describe('US dollars, over all attempts.'),
    latencyMs: durationMsField.describe('Milliseconds, over all attempts.'),
    dueAt: timeField.exactOptional().describe('When a waiting step goes on.'),
    approval: pendingApprovalViewSchema.exactOptional().describe('While the step is `waiting_approval`.'),
    attempts: z.array(attemptViewSchema),
  })
  .meta({ id: 'Step', description: 'One visit of a step.' });
export type StepView = DeepReadonly<z.infer<typeof stepViewSchema>>;
