import { z } from 'zod';
import type { DeepReadonly } from '../deep-readonly.ts';
import type { JsonObject } from '../json.ts';
import { countField, limitField, timeField } from './fields.ts';
import { issueSchema } from './problem.ts';
import { unnamedWorkflowDocumentSchema, workflowDocumentSchema } from './workflow-document.ts';

/** `POST /api/workflows/create`. */
export const createWorkflowRequestSchema = z
  .strictObject({
    name: z.string().min(1).max(100).optional().describe('Of the definition; both must agree.'),
    version: z.number().int().min(1).max(1_000_000).optional().describe('Of the definition; both must agree. Default 1.'),
    status: z.enum(['active', 'draft']).optional().describe('A label, both can run. Default `active`.'),
    definition: unnamedWorkflowDocumentSchema,
  })
  .meta({ id: 'CreateWorkflowRequest' });
export type CreateWorkflowRequest = z.infer<typeof createWorkflowRequestSchema>;

const workflowShape = {
  workflowId: z.uuid(),
  name: z.string(),
  version: z.number().int(),
  status: z.enum(['active', 'draft', 'archived']),
  definition: workflowDocumentSchema,
  createdAt: timeField,
  updatedAt: timeField,
} as const;

/** A saved workflow as clients see it. */
export const workflowViewSchema = z.object(workflowShape).meta({ id: 'Workflow', description: 'A saved workflow.' });
export type WorkflowView = DeepReadonly<Omit<z.infer<typeof workflowViewSchema>, 'definition'>> & {
  readonly definition: JsonObject;
};

/** The reply of `POST /api/workflows/create`. */
export const createWorkflowResponseSchema = z
  .object({ success: z.literal(true), outcome: z.enum(['created', 'updated', 'unchanged']), ...workflowShape })
  .meta({ id: 'CreateWorkflowResponse' });
export type CreateWorkflowResponse = WorkflowView &
  DeepReadonly<Pick<z.infer<typeof createWorkflowResponseSchema>, 'success' | 'outcome'>>;

/** `POST /api/workflows/validate`. */
export const validateWorkflowRequestSchema = z
  .strictObject({ workflow: workflowDocumentSchema })
  .meta({ id: 'ValidateWorkflowRequest' });

/** The reply of `POST /api/workflows/validate` to a workflow that can run. */
export const validateWorkflowResponseSchema = z
  .object({ valid: z.literal(true), warnings: z.array(issueSchema) })
  .meta({ id: 'ValidateWorkflowResponse' });
export type ValidateWorkflowResponse = DeepReadonly<z.infer<typeof validateWorkflowResponseSchema>>;

/** Query of `GET /api/workflows/list`. */
export const listWorkflowsQuerySchema = z.strictObject({ limit: limitField(100) });

/** `GET /api/workflows/list`. */
export const workflowListSchema = z
  .object({
    total: countField.describe('All there are, also beyond the limit.'),
    workflows: z.array(workflowViewSchema).describe('Last changed first.'),
  })
  .meta({ id: 'WorkflowList' });
export interface WorkflowList {
  readonly total: number;
  readonly workflows: readonly WorkflowView[];
}
