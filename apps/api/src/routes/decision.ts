import { type ApprovalDecision, approvalViewSchema, decideApprovalRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseBody } from '../http/parse-body.ts';
import type { Reply } from '../http/reply.ts';
import type { Call, RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { decideApproval, parseApprovalId } from '../runs/decide-approval.ts';
import { toApprovalView } from '../views/approval-view.ts';

export const decisionResponses: RouteDoc['responses'] = {
  200: { description: 'The approval as it is decided.', schema: approvalViewSchema },
  409: { description: 'It was decided, expired or cancelled before.' },
};

/** Answers with the approval as it is decided. @throws AppError `not-found`, `conflict` */
export async function answerDecision(context: ApiContext, call: Call, decision: ApprovalDecision['decision']): Promise<Reply> {
  const request = omitUndefined(parseBody(decideApprovalRequestSchema, call.body));
  const approvalId = parseApprovalId(call.param('id'));
  const approval = await decideApproval(context, { approvalId, decision, ...request });
  return { status: 200, body: toApprovalView(approval) };
}
