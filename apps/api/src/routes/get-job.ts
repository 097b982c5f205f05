import { jobViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { cachingRequestHeaders, cachingResponseHeaders } from '../http/documented-headers.ts';
import { answerTagged, notModified, parseIfNoneMatch, weakTag } from '../http/entity-tag.ts';
import type { Call, Route, RouteDoc } from '../http/route.ts';
import { findJob, parseJobId } from '../runs/find-job.ts';
import { tenantId } from '../tenant.ts';
import { toJobView } from '../views/job-view.ts';

const doc: RouteDoc = {
  operationId: 'getJob',
  summary: 'Show a job',
  description: 'Poll until it has a `finishedAt`, with `If-None-Match`: that it has not changed is cheap to say.',
  tag: 'jobs',
  headers: cachingRequestHeaders,
  responses: {
    200: { description: 'The job in its present state.', schema: jobViewSchema, headers: cachingResponseHeaders },
    304: { description: 'It has not changed.', headers: cachingResponseHeaders },
  },
};

/** The tag of the run when the client has it already. Costs no documents: pollers ask again and again for what has not changed. */
async function unchangedTag(context: ApiContext, call: Call, runId: string): Promise<string | undefined> {
  const isKnown = parseIfNoneMatch(call.header('if-none-match'));
  if (isKnown === undefined) return undefined;
  const version = await context.store.getRunVersion({ tenantId, runId });
  return version !== null && isKnown(weakTag(version)) ? weakTag(version) : undefined;
}

export function getJobRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/jobs/:id',
    async handle(call) {
      const runId = parseJobId(call.param('id'));
      const tag = await unchangedTag(context, call, runId);
      if (tag !== undefined) return notModified(tag);
      const run = await findJob(context.store, runId);
      return answerTagged(call, run.version, toJobView(run, context.clock.nowMs()));
    },
  };
}
