import { AppError, workflowViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { cachingRequestHeaders, cachingResponseHeaders } from '../http/documented-headers.ts';
import { answerTagged } from '../http/entity-tag.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { isUuid } from '../runs/find-job.ts';
import { tenantId } from '../tenant.ts';
import { toWorkflowView } from '../views/workflow-view.ts';

const doc: RouteDoc = {
  operationId: 'getWorkflow',
  summary: 'Show a saved workflow',
  tag: 'workflows',
  headers: cachingRequestHeaders,
  responses: {
    200: { description: 'The workflow.', schema: workflowViewSchema, headers: cachingResponseHeaders },
    304: { description: 'It has not changed.', headers: cachingResponseHeaders },
  },
};

export function getWorkflowRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/workflows/:id',
    async handle(call) {
      const workflowId = call.param('id').toLowerCase();
      const saved = isUuid(workflowId) ? await context.store.getWorkflow({ tenantId, workflowId }) : null;
      if (saved === null) throw new AppError('not-found', 'There is no such workflow.');
      const version = `${saved.updatedAtMs}.${saved.status}.${saved.definitionSha256}`;
      return answerTagged(call, version, toWorkflowView(saved));
    },
  };
}
