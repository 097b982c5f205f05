import { type ApprovalDecision, approvalViewSchema, decideApprovalRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseBody } from '../http/parse-body.ts';
import type { Reply } from '../http/reply.ts';
import type { Call, RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { canonicalSha256 } from '../runs/canonical-json.ts';
import { decideApproval, parseApprovalId } from '../runs/decide-approval.ts';
import { toApprovalView } from '../views/approval-view.ts';

export const decisionResponses: RouteDoc['responses'] = {
  200: { description: 'The approval as it is decided.', schema: approvalViewSchema },
  409: { description: 'It was decided, expired or cancelled before.' },
};

/** The same for repetitions of a request, which find the decision that it has taken even if its reply could not be kept. */
function decisionToken({ idempotencyKey, body }: Call, decision: string): string | undefined {
  return idempotencyKey === undefined ? undefined : canonicalSha256({ idempotencyKey, decision, body: body.value });
}

/** Answers with the approval as it is decided. @throws AppError `not-found`, `conflict` */
export async function answerDecision(context: ApiContext, call: Call, decision: ApprovalDecision['decision']): Promise<Reply> {
  const request = omitUndefined(parseBody(decideApprovalRequestSchema, call.body));
  const approvalId = parseApprovalId(call.param('id'));
  const token = decisionToken(call, decision);
  const approval = await decideApproval(context, omitUndefined({ approvalId, decision, token, ...request }));
  return { status: 200, body: toApprovalView(approval) };
}
