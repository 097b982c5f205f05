import { generateRequestSchema, generateResponseSchema, pendingGenerateResponseSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { retryHeaders } from '../http/documented-headers.ts';
import type { Route, RouteDoc } from '../http/route.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { runFailure } from '../problem/run-failure.ts';
import { modelRequestOf, parseModelRequest } from '../runs/check-request.ts';
import { newGenerateRun } from '../runs/new-run.ts';
import { pendingGenerateResponse, toGenerateResponse } from '../views/generate-response.ts';
import { callExample } from './body-examples.ts';
import { smallBodyBytes } from './limits.ts';
import { answerSubmission, inUseHeaders, submissionHeaders, submittedHeaders } from './submission.ts';

const failed = (description: string) => ({ description, headers: { ...submittedHeaders, ...retryHeaders } });

const doc: RouteDoc = {
  operationId: 'generate',
  summary: 'Make one model call',
  description: `Stored as a job with a single step, then waited for. Disconnecting cancels nothing: the job goes on, and
\`GET /api/jobs/{id}\` has its result.`,
  tag: 'ai',
  headers: submissionHeaders,
  body: generateRequestSchema,
  bodyExample: callExample,
  responses: {
    200: { description: 'What the model answered.', schema: generateResponseSchema, headers: submittedHeaders },
    202: {
      description: 'No result yet: the wait is over, or the call waits for approval. The job goes on.',
      schema: pendingGenerateResponseSchema,
      headers: { ...submittedHeaders, Location: 'The job.' },
    },
    402: failed('The call could cost more than `maxCostUSD` (`Budget.Exceeded`).'),
    403: failed('The call was not agreed to (`Approval.Rejected`), or the request comes from another web origin.'),
    409: {
      description:
        'The job was cancelled (`Run.Cancelled`), or the first request with this `Idempotency-Key` is still being answered.',
      headers: { ...submittedHeaders, ...inUseHeaders },
    },
    422: failed('The request breaks rules, no provider can serve it, or the vendor refused it.'),
    429: failed('The vendor limits the rate (`Provider.RateLimited`), or there are too many submissions in this minute.'),
    502: failed('The call failed; `error` says why.'),
    504: failed('The call, the job or its approval took too long.'),
  },
};

export function generateRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'POST',
    path: '/api/ai/generate',
    bodyLimitBytes: smallBodyBytes,
    isSubmission: true,
    handle(call) {
      const request = parseModelRequest(context.router, call.body);
      const { needsApproval } = context.forecastRequest(modelRequestOf(request));
      const approvalMs = needsApproval ? context.approvalTimeoutMs : 0;
      return answerSubmission(context, call, newGenerateRun(context.newId(), request, call, approvalMs), {
        finished: (snapshot) =>
          snapshot.status === 'completed'
            ? { status: 200, body: toGenerateResponse(snapshot) }
            : problemReply(runFailure(snapshot), snapshot.requestId),
        pending: (runId, snapshot) => pendingGenerateResponse(runId, snapshot),
      });
    },
  };
}
