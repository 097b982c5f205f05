import { jobViewSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { cancelRun } from '../runs/cancel-run.ts';
import { findJob, parseJobId } from '../runs/find-job.ts';
import { toJobView } from '../views/job-view.ts';

const doc: RouteDoc = {
  operationId: 'cancelJob',
  summary: 'Cancel a job',
  description: 'Can be repeated. No new model call starts later than two seconds after.',
  tag: 'jobs',
  responses: {
    200: { description: 'It was finished before; nothing changed.', schema: jobViewSchema },
    202: { description: 'The request is stored.', schema: jobViewSchema },
  },
};

/** Takes no body: what is sent is ignored. */
export function cancelJobRoute(context: ApiContext): Route {
  return {
    doc,
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
