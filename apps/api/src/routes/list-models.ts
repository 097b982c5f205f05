import { listModelsQuerySchema, modelListSchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route, type RouteDoc } from '../http/route.ts';
import { toModelView } from '../views/model-view.ts';

const doc: RouteDoc = {
  operationId: 'listModels',
  summary: 'List the models with their prices',
  tag: 'providers',
  query: listModelsQuerySchema,
  responses: { 200: { description: 'Every model of every provider.', schema: modelListSchema } },
};

/** The catalogue: every model of every provider with its prices, in the registry's order. */
export function listModelsRoute(context: ApiContext): Route {
  return {
    doc,
    method: 'GET',
    path: '/api/ai/models',
    query: 'own',
    handle(call) {
      const { provider, capability } = parseQuery(listModelsQuerySchema, call.query);
      const models = context.router
        .models()
        .filter((model) => provider === undefined || model.provider === provider)
        .filter((model) => capability === undefined || model.capabilities.includes(capability));
      return { status: 200, body: { total: models.length, models: models.map(toModelView) } };
    },
  };
}
