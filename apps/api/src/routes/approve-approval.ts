import { decideApprovalRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { answerDecision, decisionResponses } from './decision.ts';
import { smallBodyBytes } from './limits.ts';

const doc: RouteDoc = {
  operationId: 'approveApproval',
  summary: 'Let a call be made',
  description: 'For at most the cost that was agreed to.',
  tag: 'approvals',
  body: decideApprovalRequestSchema,
  bodyExample: { decidedBy: 'ada' },
  responses: decisionResponses,
};

export function approveApprovalRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/approvals/:id/approve',
    bodyLimitBytes: smallBodyBytes,
    isBodyOptional: true,
    keepsReply: true,
    handle: (call) => answerDecision(context, call, 'approve'),
  };
}
