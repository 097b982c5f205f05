import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { approvalNotFound, parseApprovalId } from '../runs/decide-approval.ts';
import { tenantId } from '../tenant.ts';
import { toApprovalView } from '../views/approval-view.ts';

export function getApprovalRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/approvals/:id',
    async handle(call) {
      const approval = await context.store.getApproval(tenantId, parseApprovalId(call.param('id')));
      if (approval === null) throw approvalNotFound();
      return { status: 200, body: toApprovalView(approval) };
    },
  };
}
