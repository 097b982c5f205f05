import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { answerDecision } from './decision.ts';
import { smallBodyBytes } from './limits.ts';

export function approveApprovalRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/approvals/:id/approve',
    bodyLimitBytes: smallBodyBytes,
    isBodyOptional: true,
    handle: (call) => answerDecision(context, call, 'approve'),
  };
}
