import { listWorkflowsQuerySchema, workflowListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { tenantId } from '../tenant.ts';
import { toWorkflowView } from '../views/workflow-view.ts';

const doc: RouteDoc = {
  operationId: 'listWorkflows',
  summary: 'List saved workflows',
  tag: 'workflows',
  query: listWorkflowsQuerySchema,
  responses: { 200: { description: 'The workflows, last changed first.', schema: workflowListSchema } },
};

export function listWorkflowsRoute(context: ApiContext): Route {
  return {
    doc,
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
