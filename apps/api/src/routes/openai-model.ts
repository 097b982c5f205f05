import { openAiErrorSchema, openAiModelSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';

/** One name of a model. OpenAI's clients escape the slashes in it, people don't. */
export function openAiModelRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/v1/models/*model',
    doc: {
      operationId: 'getOpenAiModel',
      summary: 'One name of a model',
      tag: 'openai-compatible',
      errorSchema: openAiErrorSchema,
      responses: {
        200: { description: 'A request may ask for it.', schema: openAiModelSchema },
        404: { description: 'Nothing here bears this name.' },
      },
    },
    handle: (call) => ({ status: 200, body: context.modelNames.find(call.param('model')) }),
  };
}
