import { listApprovalsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { toApprovalView } from '../views/approval-view.ts';

export function listApprovalsRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/approvals',
    query: 'own',
    async handle(call) {
      const { jobId, ...query } = parseQuery(listApprovalsQuerySchema, call.query);
      const page = await context.store.listApprovals(omitUndefined({ tenantId, runId: jobId, ...query }));
      return { status: 200, body: { ...page, approvals: page.approvals.map(toApprovalView) } };
    },
  };
}
