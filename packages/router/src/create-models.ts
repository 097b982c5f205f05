import type { CallOptions } from '@orchestrator/adapters';
import type { ModelPlan, ModelPlanResult, ModelRequest, ModelResult } from '@orchestrator/contracts';
import { callPlan } from './call-plan.ts';
import { planCall } from './plan-call.ts';
import { createProviderPool, type ProviderPoolOptions } from './provider-pool.ts';

/** Plans and makes model calls. */
export interface Models {
  /**
   * Chooses provider and model and prices the worst case: an upper bound of the input tokens (the prompt's UTF-8 bytes plus
   * format overhead) and all of `maxTokens` at list price, rounded up. No I/O.
   */
  plan(request: ModelRequest): ModelPlanResult;
  /**
   * One attempt, no retries.
   * @throws ModelCallError `costNanoUsd` is the worst case (`reserved`) when the vendor may have worked on a failed call
   */
  call(plan: ModelPlan, options: CallOptions): Promise<ModelResult>;
}

/**
 * Keys are read at the first call of each provider; nothing is connected before.
 * @throws AppError `invalid-configuration` when the default provider is unknown
 */
export function createModels(options: ProviderPoolOptions): Models {
  const pool = createProviderPool(options);
  return {
    plan: (request) => planCall(pool, request),
    call: (plan, callOptions) => callPlan(pool, plan, callOptions),
  };
}
