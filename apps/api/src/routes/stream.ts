import { generateRequestSchema, type LiveEvent, liveEventSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { ServerSentEvent } from '../http/event-streams.ts';
import type { Route } from '../http/route.ts';
import { modelRequestOf, parseModelRequest } from '../runs/check-request.ts';
import { newGenerateRun } from '../runs/new-run.ts';
import { submitLiveRun } from '../runs/submit-live-run.ts';
import { jobPath } from '../views/job-view.ts';
import { callExample } from './body-examples.ts';
import { toServerSentEvent } from './job-events.ts';
import { smallBodyBytes } from './limits.ts';

async function* serverSent(events: AsyncIterable<LiveEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) yield toServerSentEvent(event);
}

/** One model call whose answer is sent as it comes. Who loses the connection resumes at the job's events. */
export function streamRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/ai/stream',
    bodyLimitBytes: smallBodyBytes,
    isSubmission: true,
    doc: {
      operationId: 'streamGenerate',
      summary: 'Generate, streamed',
      description:
        'Like `POST /api/ai/generate`, answered by the events of the job as they happen. A connection that breaks cancels nothing: resume at `GET /api/jobs/{id}/events`.',
      tag: 'ai',
      body: generateRequestSchema,
      bodyExample: callExample,
      headers: { 'Idempotency-Key': 'The same key with the same body follows the same job.' },
      responses: {
        200: {
          description: 'The events of the job.',
          contentType: 'text/event-stream',
          schema: liveEventSchema,
          headers: {
            Location: 'Path of the job.',
            'X-Job-Id': 'Id of the job.',
            'Idempotency-Replayed': '`true` where the key was known, so that these are the events of the job of before.',
          },
        },
      },
    },
    async handle(call) {
      const request = parseModelRequest(context.router, call.body);
      const { needsApproval } = context.forecastRequest(modelRequestOf(request));
      const run = newGenerateRun(context.newId(), request, call, needsApproval ? context.approvalTimeoutMs : 0);
      const submitted = await submitLiveRun(context, run);
      return context.streams.reply((signal) => serverSent(submitted.run.events(signal)), {
        signal: call.gone,
        headers: {
          Location: jobPath(submitted.runId),
          'X-Job-Id': submitted.runId,
          ...(submitted.isReplay ? { 'Idempotency-Replayed': 'true' } : {}),
        },
      });
    },
  };
}
