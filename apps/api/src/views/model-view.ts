import type { ModelView } from '@orchestrator/contracts';
import type { ModelInfo } from '@orchestrator/router';
import { omitUndefined } from '../omit-undefined.ts';

/** A model as `GET /api/ai/models` lists it. */
export function toModelView(model: ModelInfo): ModelView {
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
    state: model.retirement ?? ('available' as const),
    retiresOn: model.retiresOn,
    sourceUrl: model.sourceUrl,
    checkedOn: model.checkedOn,
  });
}
