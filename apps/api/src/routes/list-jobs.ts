import { jobListSchema, listJobsQuerySchema, nanoUsdFromUsd } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { pageHeaders } from '../http/documented-headers.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { readRunPage } from './run-page.ts';

const doc: RouteDoc = {
  operationId: 'listJobs',
  summary: 'List jobs',
  description: `All filters must hold. A page can be short, or empty, and have a \`nextCursor\`: a search that finds little is
interrupted, and goes on with the next request.`,
  tag: 'jobs',
  query: listJobsQuerySchema,
  responses: { 200: { description: 'A page of jobs, newest first.', schema: jobListSchema, headers: pageHeaders } },
};

function nanoUsd(usd: number | undefined): number | undefined {
  return usd === undefined ? undefined : nanoUsdFromUsd(usd);
}

/** Runs of both kinds by any of their properties, in pages. */
export function listJobsRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/jobs',
    query: 'own',
    async handle(call) {
      const { status, workflow, from, to, minCostUSD, maxCostUSD, ...query } = parseQuery(listJobsQuerySchema, call.query);
      const filter = omitUndefined({
        ...query,
        statuses: status,
        workflowName: workflow,
        fromMs: from,
        toMs: to,
        minCostNanoUsd: nanoUsd(minCostUSD),
        maxCostNanoUsd: nanoUsd(maxCostUSD),
      });
      const { entries, nextCursor, headers } = await readRunPage(context, call, filter);
      return { status: 200, headers, body: omitUndefined({ jobs: entries, nextCursor }) };
    },
  };
}
