import { listWorkflowsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { tenantId } from '../tenant.ts';
import { toWorkflowView } from '../views/workflow-view.ts';

export function listWorkflowsRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/workflows/list',
    query: 'own',
    async handle(call) {
      const { limit } = parseQuery(listWorkflowsQuerySchema, call.query);
      const { total, workflows } = await context.store.listWorkflows({ tenantId, limit });
      return { status: 200, body: { total, workflows: workflows.map(toWorkflowView) } };
    },
  };
}
