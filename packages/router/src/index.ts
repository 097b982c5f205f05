export { estimateInputTokens } from '@orchestrator/adapters';
export type { RouteOptions } from './call/chain.ts';
export type { RoutedResult } from './call/route-call.ts';
export type { RouterClock } from './clock.ts';
export type { CircuitName } from './guard/circuit-breakers.ts';
export { type LimiterFactory, type LimiterOptions, memoryLimiters, type ProviderLimits } from './limits/limiter-factory.ts';
export { nearMatches } from './near-matches.ts';
export type { PlanOptions } from './plan/plan-call.ts';
export type { NotServable } from './report/check-servable.ts';
export type { ProviderEstimate } from './report/estimates.ts';
export type { HealthOptions, ProviderHealth, RouterHealth } from './report/health.ts';
export type { ModelInfo } from './report/model-list.ts';
export {
  getCheapestProvider,
  getProvidersWithCapability,
  type ProviderInfo,
  type ProviderListOptions,
  type ProviderSummary,
} from './report/provider-lists.ts';
export type { BreakerConfig, RoutedAttempt, RouterConfig, RouterLog, RoutingRecord } from './router-config.ts';
export { RouterEngine } from './router-engine.ts';
