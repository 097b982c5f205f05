export { type ParameterRules, type PreparedCall, prepareCall } from './call/prepared-call.ts';
export type { Unsupported } from './call/unsupported.ts';
export { estimateInputTokens, expectedCostOf } from './catalogue/estimate.ts';
export { findRow } from './catalogue/find-row.ts';
export type { FilteredParameter, ModelRow, PriceList, PriceTier, TokenPrices } from './catalogue/model-row.ts';
export { costOfUsage, worstCaseOf } from './catalogue/price.ts';
export { retirementOf } from './catalogue/retirement.ts';
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
export { createCustomProvider } from './custom/create-custom-provider.ts';
export { type CustomProvider, customProviderSchema } from './custom/custom-provider.ts';
export { sandbox } from './providers/sandbox/index.ts';
export { providerIds, providers } from './registry.ts';
