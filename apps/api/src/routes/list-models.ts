import { listModelsQuerySchema } from '@orchestrator/contracts';
import type { ApiContext } from '../context.ts';
import { parseQuery, type Route } from '../http/route.ts';
import { omitUndefined } from '../omit-undefined.ts';

type Model = ReturnType<ApiContext['router']['models']>[number];

function toModelView(model: Model) {
  return omitUndefined({
    provider: model.provider,
    model: model.model,
    aliases: model.aliases,
    isDefault: model.isDefault,
    isConfigured: model.isConfigured,
    capabilities: model.capabilities,
    contextTokens: model.contextTokens,
    maxOutputTokens: model.maxOutputTokens,
    prices: omitUndefined({
      inputPer1M: model.inputPer1M,
      outputPer1M: model.outputPer1M,
      cachedInputPer1M: model.cachedInputPer1M,
      cacheWriteInputPer1M: model.cacheWriteInputPer1M,
      maxFeePerRequestUSD: model.maxFeePerRequestUSD,
      tiers: model.tiers,
    }),
    typicalLatencyMs: model.typicalLatencyMs,
    state: model.retirement ?? 'available',
    retiresOn: model.retiresOn,
    sourceUrl: model.sourceUrl,
    checkedOn: model.checkedOn,
  });
}

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
