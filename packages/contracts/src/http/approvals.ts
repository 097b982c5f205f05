import { z } from 'zod';
import { approvalStatuses } from '../approval.ts';
import type { DeepReadonly } from '../deep-readonly.ts';
import { jobIdField, limitField, linkField, optionalUsdField, timeField, usdField } from './fields.ts';

const questionShape = {
  id: z.uuid(),
  estimatedCostUSD: optionalUsdField.describe('The most the call can cost; `null` where no price is known.'),
  thresholdUSD: usdField,
  expiresAt: timeField,
} as const;

/** An approval that something waits for. */
export const pendingApprovalViewSchema = z
  .object({ ...questionShape, links: z.object({ self: linkField, approve: linkField, reject: linkField }) })
  .meta({ id: 'PendingApproval', description: 'What has to be agreed to before the next call.' });
export type PendingApprovalView = DeepReadonly<z.infer<typeof pendingApprovalViewSchema>>;

/** `GET /api/approvals/:id`. */
export const approvalViewSchema = z
  .object({
    ...questionShape,
    jobId: jobIdField,
    stepId: z.string().describe('Id of the step that asks.'),
    kind: z.enum(['cost']),
    status: z.enum(approvalStatuses).describe('`cancelled`: the run ended without the decision.'),
    provider: z.string(),
    model: z.string(),
    message: z.string().describe('The question, for the person who decides.'),
    createdAt: timeField,
    decidedAt: timeField.exactOptional(),
    decidedBy: z.string().exactOptional(),
    note: z.string().exactOptional(),
    links: z
      .object({ self: linkField, job: linkField, approve: linkField.exactOptional(), reject: linkField.exactOptional() })
      .describe('`approve` and `reject` while it is pending.'),
  })
  .meta({ id: 'Approval', description: 'A call that needs agreement, and what was decided.' });
export type ApprovalView = DeepReadonly<z.infer<typeof approvalViewSchema>>;

/** Query of `GET /api/approvals`. */
export const listApprovalsQuerySchema = z.strictObject({
  status: z.enum(approvalStatuses).optional().describe('Only those in this state.'),
  jobId: z.uuid().optional().describe('Only those of this job.'),
  limit: limitField(50),
  cursor: z.uuid().optional().describe('`nextCursor` of the page before.'),
});

/** `GET /api/approvals`. */
export const approvalListSchema = z
  .object({
    approvals: z.array(approvalViewSchema).describe('Newest first.'),
    nextCursor: z.uuid().exactOptional().describe('Absent on the last page.'),
  })
  .meta({ id: 'ApprovalList' });
export type ApprovalList = DeepReadonly<z.infer<typeof approvalListSchema>>;

/** `POST /api/approvals/:id/approve` and `/reject`; may be left out. */
export const decideApprovalRequestSchema = z
  .strictObject({
    decidedBy: z.string().min(1).max(200).optional(),
    note: z.string().min(1).max(2_000).optional(),
  })
  .meta({ id: 'DecideApprovalRequest' });
