import { decideApprovalRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { answerDecision, decisionResponses } from './decision.ts';
import { smallBodyBytes } from './limits.ts';

const doc: RouteDoc = {
  operationId: 'rejectApproval',
  summary: 'Refuse a call',
  description: 'Its step fails with `Approval.Rejected`.',
  tag: 'approvals',
  body: decideApprovalRequestSchema,
  bodyExample: { decidedBy: 'ada' },
  responses: decisionResponses,
};

export function rejectApprovalRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/approvals/:id/reject',
    bodyLimitBytes: smallBodyBytes,
    isBodyOptional: true,
    keepsReply: true,
    handle: (call) => answerDecision(context, call, 'reject'),
  };
}
