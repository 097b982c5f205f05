import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { runFailure } from '../problem/run-failure.ts';
import { modelRequestOf, parseModelRequest } from '../runs/check-request.ts';
import { newGenerateRun } from '../runs/new-run.ts';
import { pendingGenerateResponse, toGenerateResponse } from '../views/generate-response.ts';
import { smallBodyBytes } from './limits.ts';
import { answerSubmission } from './submission.ts';

export function generateRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/api/ai/generate',
    bodyLimitBytes: smallBodyBytes,
    handle(call) {
      const request = parseModelRequest(context.router, call.body);
      const { needsApproval } = context.forecastRequest(modelRequestOf(request));
      const approvalMs = needsApproval ? context.approvalTimeoutMs : 0;
      return answerSubmission(context, call, newGenerateRun(context.newId(), request, call, approvalMs), {
        finished: (snapshot) =>
          snapshot.status === 'completed'
            ? { status: 200, body: toGenerateResponse(snapshot) }
            : problemReply(runFailure(snapshot), call.requestId),
        pending: (runId, snapshot) => pendingGenerateResponse(runId, snapshot),
      });
    },
  };
}
