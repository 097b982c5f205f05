import { approvalListSchema, listApprovalsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { pageHeaders } from '../http/documented-headers.ts';
import { nextLink } from '../http/next-link.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { toApprovalView } from '../views/approval-view.ts';

const doc: RouteDoc = {
  operationId: 'listApprovals',
  summary: 'List approvals',
  tag: 'approvals',
  query: listApprovalsQuerySchema,
  responses: { 200: { description: 'A page of approvals, newest first.', schema: approvalListSchema, headers: pageHeaders } },
};

export function listApprovalsRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/approvals',
    query: 'own',
    async handle(call) {
      const { jobId, ...query } = parseQuery(listApprovalsQuerySchema, call.query);
      const page = await context.store.listApprovals(omitUndefined({ tenantId, runId: jobId, ...query }));
      const headers = page.nextCursor === undefined ? {} : { Link: nextLink(call, page.nextCursor) };
      return { status: 200, headers, body: { ...page, approvals: page.approvals.map(toApprovalView) } };
    },
  };
}
