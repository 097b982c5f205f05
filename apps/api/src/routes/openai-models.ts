import { openAiErrorSchema, openAiModelListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import type { Route } from '../http/route.ts';

/** The names under which OpenAI's clients can ask for a model. */
export function openAiModelsRoute(context: ApiContext): Route {
  return {
    method: 'GET',
    path: '/v1/models',
    doc: {
      operationId: 'listOpenAiModels',
      summary: 'Names of models',
      tag: 'openai-compatible',
      errorSchema: openAiErrorSchema,
      responses: { 200: { description: 'Every name worth offering in a menu.', schema: openAiModelListSchema } },
    },
    handle: () => ({ status: 200, body: { object: 'list', data: context.modelNames.list() } }),
  };
}
