import { openAiChatChunkSchema, openAiChatCompletionSchema, openAiChatRequestSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';
import { answerRequest } from '../openai/answer/answer-request.ts';
import { createChatChunks } from '../openai/chat/chunks.ts';
import { toChatCompletion } from '../openai/chat/completion.ts';
import { readChatRequest } from '../openai/chat/read-request.ts';
import { toGenerateRequest } from '../openai/request/request-draft.ts';
import { openAiDoc } from '../openai/route-doc.ts';
import { imageBodyBytes } from './limits.ts';

/** OpenAI's chat completions, by the router's providers. */
export function openAiChatCompletionsRoute(context: ApiContext): Route {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    bodyLimitBytes: imageBodyBytes,
    isSubmission: true,
    doc: openAiDoc({
      operationId: 'createChatCompletion',
      summary: 'Chat completion',
      body: openAiChatRequestSchema,
      answer: openAiChatCompletionSchema,
      chunk: openAiChatChunkSchema,
    }),
    handle(call) {
      const { body, draft, ignored } = readChatRequest(call.body, context.modelNames.resolve);
      const { model } = body;
      return answerRequest(context, call, toGenerateRequest(context.router, draft), {
        isStream: body.stream === true,
        isParallel: body.parallel_tool_calls !== false,
        ignored,
        whole: (answer) => toChatCompletion(answer, model),
        pieces: (runId) => createChatChunks({ runId, model, includesUsage: body.stream_options?.include_usage === true }),
      });
    },
  };
}
