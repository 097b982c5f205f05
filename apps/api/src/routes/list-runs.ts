import { listRunsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { tenantId } from '../tenant.ts';
import { toRunListEntry } from '../views/run-list-entry.ts';

export function listRunsRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/workflows/runs',
    query: 'own',
    async handle(call) {
      const query = parseQuery(listRunsQuerySchema, call.query);
      const runs = await context.store.listRuns({ tenantId, ...omitUndefined(query) });
      const nowMs = context.clock.nowMs();
      return { status: 200, body: { total: runs.length, runs: runs.map((run) => toRunListEntry(run, nowMs)) } };
    },
  };
}
