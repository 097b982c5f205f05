import { findRow, type PreparedCall, type ProviderDefinition, prepareCall, retirementOf } from '@orchestrator/adapters';
import { type ModelRequest, type RoutingCandidate, type RoutingRejection, usdFromNanoUsd } from '@orchestrator/contracts';
import type { Latencies } from '../guard/latency.ts';
import type { ProviderPool } from '../provider-pool.ts';

/** A model that can serve a request as far as its catalogue row tells. */
export interface Candidate {
  readonly provider: ProviderDefinition;
  readonly model: string;
  readonly call: PreparedCall;
}

export type Judged = { readonly candidate: Candidate } | { readonly rejection: RoutingRejection };

/** Prior of models that are in no catalogue, milliseconds. */
const unknownLatencyMs = 2_000;

export const priorLatencyOf = ({ row }: Pick<PreparedCall, 'row'>): number => row?.typicalLatencyMs ?? unknownLatencyMs;

export function latencyOf(latencies: Latencies, { provider, model, call }: Candidate): number {
  return latencies.estimateMs(provider.id, model, priorLatencyOf(call));
}

/** Candidates without a known price come after all others. */
export function expectedCostOf({ call }: Candidate): number {
  return call.expectedNanoUsd ?? Number.POSITIVE_INFINITY;
}

const bareRequests = new WeakMap<ModelRequest, ModelRequest>();

/** The same object for the same request: the adapters keep a request's size, since all candidates measure the same text. */
function withoutModel(request: ModelRequest): ModelRequest {
  if (request.model === undefined) return request;
  const { model: _, ...rest } = request;
  const bare = bareRequests.get(request) ?? rest;
  bareRequests.set(request, bare);
  return bare;
}

/** A request as one provider and model would get it; parameters are filtered for each model anew. */
function prepareFor(provider: ProviderDefinition, request: ModelRequest, model: string): PreparedCall {
  return prepareCall(provider, { defaultModel: model }, withoutModel(request));
}

function judgeModel(provider: ProviderDefinition, request: ModelRequest, model: string): Judged {
  const call = prepareFor(provider, request, model);
  const obstacle = call.unsupported[0];
  if (obstacle === undefined) return { candidate: { provider, model: call.model, call } };
  return { rejection: { provider: provider.id, model: call.model, code: obstacle.code, reason: obstacle.reason } };
}

/**
 * Whether a configured provider can serve a request, and with which model: the named one, else its default, else the cheapest of
 * its other living models that can.
 */
export function judgeProvider(pool: ProviderPool, provider: ProviderDefinition, request: ModelRequest, model?: string): Judged {
  if (model !== undefined) return judgeModel(provider, request, model);
  const byDefault = judgeModel(provider, request, pool.defaultModelOf(provider));
  if ('candidate' in byDefault) return byDefault;
  let best: { readonly candidate: Candidate } | undefined;
  for (const row of provider.models) {
    if (row.model === byDefault.rejection.model || retirementOf(row, Date.now()) === 'retired') continue;
    const other = judgeModel(provider, request, row.model);
    if (!('candidate' in other)) continue;
    if (best === undefined || expectedCostOf(other.candidate) < expectedCostOf(best.candidate)) best = other;
  }
  return best ?? byDefault;
}

export function toRoutingCandidate(latencies: Latencies, candidate: Candidate): RoutingCandidate {
  const expected = candidate.call.expectedNanoUsd;
  return {
    provider: candidate.provider.id,
    model: candidate.model,
    expectedCostUSD: expected === null ? null : usdFromNanoUsd(expected),
    latencyMs: Math.round(latencyOf(latencies, candidate)),
  };
}

export const hasModel = (provider: ProviderDefinition, model: string): boolean => findRow(provider.models, model) !== undefined;
