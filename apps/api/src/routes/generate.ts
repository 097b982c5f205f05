import { generateRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseBody } from '../http/parse-body.ts';
import type { Route } from '../http/route.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { runFailure } from '../problem/run-failure.ts';
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
      const request = parseBody(generateRequestSchema, call.body);
      return answerSubmission(context, call, newGenerateRun(context.newId(), request, call), {
        finished: (snapshot) =>
          snapshot.status === 'completed'
            ? { status: 200, body: toGenerateResponse(snapshot) }
            : problemReply(runFailure(snapshot), call.requestId),
        pending: (runId, snapshot) => pendingGenerateResponse(runId, snapshot?.status ?? 'queued'),
      });
    },
  };
}
