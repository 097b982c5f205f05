import { jobViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { findJob, parseJobId } from '../runs/find-job.ts';
import { toJobView } from '../views/job-view.ts';

const doc: RouteDoc = {
  operationId: 'getJob',
  summary: 'Show a job',
  description: 'Poll until it has a `finishedAt`.',
  tag: 'jobs',
  responses: { 200: { description: 'The job in its present state.', schema: jobViewSchema } },
};

export function getJobRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/jobs/:id',
    async handle(call) {
      const run = await findJob(context.store, parseJobId(call.param('id')));
      return { status: 200, body: toJobView(run, context.clock.nowMs()) };
    },
  };
}
