import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import { stepErrorSchema } from '../step-error.ts';
import { prioritySchema } from '../workflow-definition.ts';
import { pendingApprovalViewSchema } from './approvals.ts';
import {
  cursorField,
  durationMsField,
  jobIdField,
  limitField,
  linkField,
  liveField,
  nextCursorField,
  tagsField,
  timeField,
  usdField,
  userIdField,
} from './fields.ts';
import { runKindSchema, runStatusSchema } from './statuses.ts';
import { stepViewSchema } from './steps.ts';
import { workflowDocumentSchema } from './workflow-document.ts';

/** `POST /api/workflows/run`: exactly one of `workflow` and `workflowId`. */
export const runWorkflowRequestSchema = z
  .strictObject({
    workflow: workflowDocumentSchema.optional(),
    workflowId: z.uuid().optional().describe('Id of a saved workflow.'),
    // Any JSON: it comes from a parser and was inspected. z.json() would look again, for 300 ms at 330,000 values in 1 MB.
    input: z.unknown().optional().describe('Any JSON, `input` in templates and conditions. Default `{}`.'),
    userId: userIdField.optional().describe('Yours, for lists and audit.'),
    tags: tagsField.optional().describe('Beside those of the workflow, for lists.'),
    priority: prioritySchema.optional(),
    live: liveField.optional(),
  })
  .refine((body) => (body.workflow === undefined) !== (body.workflowId === undefined), {
    message: 'give exactly one of workflow and workflowId',
  })
  .meta({ id: 'RunWorkflowRequest', description: 'Exactly one of `workflow` and `workflowId`.' });
export type RunWorkflowRequest = z.infer<typeof runWorkflowRequestSchema>;

/** The reply of `POST /api/workflows/run`; with `status: queued | running | waiting | waiting_approval` when it isn't finished. */
export const runResponseSchema = z
  .object({
    success: z.boolean().describe('Whether the run is completed.'),
    runId: jobIdField,
    status: runStatusSchema,
    degraded: z.boolean().describe('A failure handler was needed on the way.'),
    steps: z.array(stepViewSchema),
    output: z.unknown().exactOptional().describe('Of the last step that completed or was skipped.'),
    error: stepErrorSchema.exactOptional().describe('Why it failed.'),
    approval: pendingApprovalViewSchema.exactOptional().describe('While the run is `waiting_approval`: what it waits for first.'),
    totalCostUSD: usdField.describe('US dollars, over all attempts.'),
    totalLatencyMs: durationMsField.describe('Milliseconds, from acceptance to the end or until now.'),
  })
  .meta({ id: 'RunResponse', description: 'A run in any state.' });
export type RunResponse = DeepReadonly<z.infer<typeof runResponseSchema>>;

/** What is known of a run from its acceptance on. */
export const runFactsShape = {
  jobId: jobIdField,
  kind: runKindSchema,
  workflowId: z.uuid().exactOptional(),
  workflowName: z.string(),
  workflowVersion: z.number().int().exactOptional(),
  userId: z.string().exactOptional(),
  tags: z.array(z.string()).exactOptional(),
  requestId: z.string().describe('The `X-Request-Id` it was submitted with.'),
  cancelRequested: z.boolean(),
  acceptedAt: timeField,
  startedAt: timeField.exactOptional(),
  finishedAt: timeField.exactOptional().describe('There once the run is finished.'),
  links: z.object({ self: linkField, events: linkField, cancel: linkField }),
} as const;

/** One run of `GET /api/workflows/runs`: everything but inputs, outputs and attempts, which `links.self` has. */
export const runListEntrySchema = z
  .object({
    ...runResponseSchema.omit({ steps: true, output: true, approval: true }).shape,
    ...runFactsShape,
    steps: z.array(
      stepViewSchema.pick({
        id: true,
        visit: true,
        action: true,
        status: true,
        provider: true,
        model: true,
        costUSD: true,
        latencyMs: true,
      }),
    ),
  })
  .meta({ id: 'RunListEntry', description: 'A run without its documents, which are behind `links.self`.' });
export type RunListEntry = DeepReadonly<z.infer<typeof runListEntrySchema>>;

/** Query of `GET /api/workflows/runs`. */
export const listRunsQuerySchema = z.strictObject({
  workflowId: z.uuid().optional().describe('Only runs of this saved workflow.'),
  userId: userIdField.optional().describe('Only runs of this user.'),
  limit: limitField(50),
  cursor: cursorField.optional(),
});

/** `GET /api/workflows/runs`. */
export const runListSchema = z
  .object({
    total: z.number().int().describe('Number of runs in the answer.'),
    runs: z.array(runListEntrySchema).describe('Newest first.'),
    nextCursor: nextCursorField.exactOptional(),
  })
  .meta({ id: 'RunList' });
