export { type PreparedCall, prepareCall } from './call/prepared-call.ts';
export { estimateInputTokens } from './catalogue/estimate.ts';
export { findRow } from './catalogue/find-row.ts';
export type { FilteredParameter, ModelRow, PriceTier, TokenPrices } from './catalogue/model-row.ts';
export { costOfUsage, worstCaseOf } from './catalogue/price.ts';
export type {
  CallOptions,
  CostEstimate,
  HealthStatus,
  LLMAdapter,
  ProviderDefinition,
  ProviderSettings,
  RateLimits,
  StreamOutcome,
  StreamPart,
} from './contract.ts';
export { sandbox } from './providers/sandbox/index.ts';
export { providerIds, providers, unavailableProviderIds } from './registry.ts';
