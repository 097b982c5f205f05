import type { ProviderView } from '@orchestrator/contracts';
import type { ProviderInfo } from '@orchestrator/router';

/** A provider as `GET /api/ai/providers` lists it. */
export function toProviderView(provider: ProviderInfo): ProviderView {
  const { name, displayName, isConfigured, defaultModel, capabilities, estimatedCostPerMToken } = provider;
  const { input, output } = estimatedCostPerMToken;
  return {
    name,
    displayName,
    isConfigured,
    defaultModel,
    capabilities,
    estimatedCost: { inputPerMToken: input, outputPerMToken: output },
  };
}
