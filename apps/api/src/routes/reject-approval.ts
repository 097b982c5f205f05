import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { answerDecision } from './decision.ts';
import { smallBodyBytes } from './limits.ts';

export function rejectApprovalRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/approvals/:id/reject',
    bodyLimitBytes: smallBodyBytes,
    isBodyOptional: true,
    handle: (call) => answerDecision(context, call, 'reject'),
  };
}
