import { approvalViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { approvalNotFound, parseApprovalId } from '../runs/decide-approval.ts';
import { tenantId } from '../tenant.ts';
import { toApprovalView } from '../views/approval-view.ts';

const doc: RouteDoc = {
  operationId: 'getApproval',
  summary: 'Show an approval',
  tag: 'approvals',
  responses: { 200: { description: 'The approval.', schema: approvalViewSchema } },
};

export function getApprovalRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/approvals/:id',
    async handle(call) {
      const approval = await context.store.getApproval(tenantId, parseApprovalId(call.param('id')));
      if (approval === null) throw approvalNotFound();
      return { status: 200, body: toApprovalView(approval) };
    },
  };
}
