import { listRunsQuerySchema, runListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { pageHeaders } from '../http/documented-headers.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { readRunPage } from './run-page.ts';

const doc: RouteDoc = {
  operationId: 'listRuns',
  summary: 'List runs of both kinds',
  tag: 'workflows',
  query: listRunsQuerySchema,
  responses: { 200: { description: 'The runs, newest first.', schema: runListSchema, headers: pageHeaders } },
};

export function listRunsRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/workflows/runs',
    query: 'own',
    async handle(call) {
      const query = omitUndefined(parseQuery(listRunsQuerySchema, call.query));
      const { entries, nextCursor, headers } = await readRunPage(context, call, query);
      return { status: 200, headers, body: omitUndefined({ total: entries.length, runs: entries, nextCursor }) };
    },
  };
}
