import { listRunsQuerySchema, runListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { toRunListEntry } from '../views/run-list-entry.ts';

const doc: RouteDoc = {
  operationId: 'listRuns',
  summary: 'List runs of both kinds',
  tag: 'workflows',
  query: listRunsQuerySchema,
  responses: { 200: { description: 'The runs, newest first.', schema: runListSchema } },
};

export function listRunsRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/workflows/runs',
    query: 'own',
    async handle(call) {
      const query = parseQuery(listRunsQuerySchema, call.query);
      const { runs } = await context.store.listRuns({ tenantId, ...omitUndefined(query) });
      const nowMs = context.clock.nowMs();
      return { status: 200, body: { total: runs.length, runs: runs.map((run) => toRunListEntry(run, nowMs)) } };
    },
  };
}
