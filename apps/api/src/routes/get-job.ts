import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { findJob, parseJobId } from '../runs/find-job.ts';
import { toJobView } from '../views/job-view.ts';

export function getJobRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/api/jobs/:id',
    async handle(call) {
      const run = await findJob(context.store, parseJobId(call.param('id')));
      return { status: 200, body: toJobView(run, context.clock.nowMs()) };
    },
  };
}
