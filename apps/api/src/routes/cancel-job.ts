import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { findJob, parseJobId } from '../runs/find-job.ts';
import { toJobView } from '../views/job-view.ts';

/** Takes no body: what is sent is ignored. */
export function cancelJobRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/jobs/:id/cancel',
    async handle(call) {
      const runId = parseJobId(call.param('id'));
      const { wasFinished } = await cancelRun(context, runId);
      const run = await findJob(context.store, runId);
      return { status: wasFinished ? 200 : 202, body: toJobView(run, context.clock.nowMs()) };
    },
  };
}
