import { listModelsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { toModelView } from '../views/model-view.ts';

/** The catalogue: every model of every provider with its prices, in the registry's order. */
export function listModelsRoute(context: ApiContext): Route {
  return {
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
