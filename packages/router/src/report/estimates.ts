import { type CostEstimate, type PreparedCall, type ProviderDefinition, worstCaseOf } from '@orchestrator/adapters';
import { type ModelRequest, type RejectionCode, usdFromNanoUsd } from '@orchestrator/contracts';
import { type Candidate, hasModel, judgeProvider, latencyOf } from '../choose/candidate.ts';
import { notConfigured } from '../choose/shortlist.ts';
import { shortlistFor } from '../plan/plan-call.ts';
import type { ProviderPool } from '../provider-pool.ts';
import type { RouterState } from '../router-state.ts';

/** What a request would cost at one provider. `estimatedCostUSD` is the worst case, in US dollars; `null` where no price is known. */
export interface ProviderEstimate extends CostEstimate {
  readonly provider: string;
  /** The model that would be asked. */
  readonly model: string;
  readonly expectedCostUSD: number | null;
  /** Typical time to a complete answer; `null` where no model of the provider could serve the request. */
  readonly latencyMs: number | null;
  readonly canServe: boolean;
  /** Why it can't. */
  readonly code?: RejectionCode;
  readonly reason?: string;
}

const unknownCost: CostEstimate = { estimatedCostUSD: null, inputTokenCost: null, outputTokenCost: null };

function costOf({ pricing, inputTokenBound, worstCaseNanoUsd }: PreparedCall): CostEstimate {
  if (pricing === undefined || worstCaseNanoUsd === null) return unknownCost;
  const input = worstCaseOf(pricing.prices, inputTokenBound, 0);
  return {
    estimatedCostUSD: usdFromNanoUsd(worstCaseNanoUsd),
    inputTokenCost: usdFromNanoUsd(input),
    outputTokenCost: usdFromNanoUsd(worstCaseNanoUsd - input),
  };
}

function estimateOf(state: RouterState, candidate: Candidate): Omit<ProviderEstimate, 'canServe'> {
  const { expectedNanoUsd } = candidate.call;
  return {
    provider: candidate.provider.id,
    model: candidate.model,
    ...costOf(candidate.call),
    expectedCostUSD: expectedNanoUsd === null ? null : usdFromNanoUsd(expectedNanoUsd),
    latencyMs: Math.round(latencyOf(state.guards.latencies, candidate)),
  };
}

/** Worst case at the provider that would be chosen first; all `null` where nobody can serve the request. */
export function estimateCost(state: RouterState, request: ModelRequest): CostEstimate {
  const [first] = shortlistFor(state, request).candidates;
  return first === undefined ? unknownCost : costOf(first.call);
}

const isKnown = (pool: ProviderPool, model: string) => pool.all.some((provider) => hasModel(provider, model));

type Refusal = Required<Pick<ProviderEstimate, 'code' | 'reason'>>;

/** Which model a provider would be asked for: what the request names is meant for the named provider, or for those that have it. */
function modelFor(
  pool: ProviderPool,
  provider: ProviderDefinition,
  { provider: named, model }: ModelRequest,
): string | undefined {
  if (named !== undefined) return named === provider.id ? model : undefined;
  const isDefault = provider.id === pool.defaultProvider;
  return model !== undefined && (hasModel(provider, model) || (isDefault && !isKnown(pool, model))) ? model : undefined;
}

function refusalFor({ pool, guards }: RouterState, { provider, model }: Candidate, request: ModelRequest): Refusal | undefined {
  if (!pool.isConfigured(provider.id)) return notConfigured(provider);
  const asked = request.provider === undefined ? request.model : undefined;
  if (asked !== undefined && model !== asked) return { code: 'unknown-model', reason: `Its catalogue has no "${asked}".` };
  const hold = guards.holdOf(provider.id, model);
  return hold === undefined ? undefined : { code: hold.code, reason: hold.reason };
}

/**
 * Every provider of the registry side by side, in its order, also those that aren't configured or can't serve the request. Each is
 * estimated with the model that it would be asked for, so a request that names one provider can be compared with the others.
 */
export function estimateAll(state: RouterState, request: ModelRequest): readonly ProviderEstimate[] {
  const { pool } = state;
  return pool.all.map((provider): ProviderEstimate => {
    const judged = judgeProvider(pool, provider, request, modelFor(pool, provider, request));
    if ('rejection' in judged) {
      const { code, reason, model = pool.defaultModelOf(provider) } = judged.rejection;
      return {
        provider: provider.id,
        model,
        ...unknownCost,
        expectedCostUSD: null,
        latencyMs: null,
        canServe: false,
        code,
        reason,
      };
    }
    const refusal = refusalFor(state, judged.candidate, request);
    return { ...estimateOf(state, judged.candidate), canServe: refusal === undefined, ...refusal };
  });
}
