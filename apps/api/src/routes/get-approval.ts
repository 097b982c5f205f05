import { approvalViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { cachingRequestHeaders, cachingResponseHeaders } from '../http/documented-headers.ts';
import { answerTagged } from '../http/entity-tag.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { approvalNotFound, parseApprovalId } from '../runs/decide-approval.ts';
import { tenantId } from '../tenant.ts';
import { toApprovalView } from '../views/approval-view.ts';

const doc: RouteDoc = {
  operationId: 'getApproval',
  summary: 'Show an approval',
  tag: 'approvals',
  headers: cachingRequestHeaders,
  responses: {
    200: { description: 'The approval.', schema: approvalViewSchema, headers: cachingResponseHeaders },
    304: { description: 'It has not changed.', headers: cachingResponseHeaders },
  },
};

export function getApprovalRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/approvals/:id',
    async handle(call) {
      const approval = await context.store.getApproval(tenantId, parseApprovalId(call.param('id')));
      if (approval === null) throw approvalNotFound();
      // A decision is all that ever changes, and it is made once.
      return answerTagged(call, approval.status, toApprovalView(approval));
    },
  };
}
