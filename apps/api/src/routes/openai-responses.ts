import { openAiResponseRequestSchema, openAiResponseSchema } from '@orchestrator/contracts';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { answerRequest } from '../openai/answer/answer-request.ts';
import { toGenerateRequest } from '../openai/request/request-draft.ts';
import { findEarlierAnswers } from '../openai/responses/earlier-answers.ts';
import { createResponseEvents } from '../openai/responses/events.ts';
import { readResponseRequest, toDraft } from '../openai/responses/read-request.ts';
import { toResponse } from '../openai/responses/response-object.ts';
import { openAiDoc } from '../openai/route-doc.ts';
import { imageBodyBytes } from './limits.ts';

const eventSchema = z.looseObject({ type: z.string(), sequence_number: z.number().int().min(0) });

/** OpenAI's responses, by the router's providers. */
export function openAiResponsesRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/v1/responses',
    bodyLimitBytes: imageBodyBytes,
    isSubmission: true,
    doc: openAiDoc({
      operationId: 'createResponse',
      summary: 'Response',
      body: openAiResponseRequestSchema,
      answer: openAiResponseSchema,
      chunk: eventSchema,
    }),
    async handle(call) {
      const { body, ignored } = readResponseRequest(call.body);
      const findAnswer = await findEarlierAnswers(context.store, body.input);
      const draft = toDraft(body, context.modelNames.resolve, findAnswer);
      return answerRequest(context, call, toGenerateRequest(context.router, draft), {
        isStream: body.stream === true,
        isParallel: body.parallel_tool_calls !== false,
        ignored,
        whole: (answer) => toResponse(answer, body),
        pieces: (runId) => createResponseEvents(runId, body),
      });
    },
  };
}
