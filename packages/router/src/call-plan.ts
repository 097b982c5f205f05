import type { CallOptions } from '@orchestrator/adapters';
import { ModelCallError, type ModelPlan, type ModelResult } from '@orchestrator/contracts';
import type { ProviderPool } from './provider-pool.ts';

function sandboxWarning(asked: string | undefined): string {
  const instead = asked === undefined ? '' : ` instead of ${asked}`;
  return `No provider has an API key, so the built-in sandbox answered${instead}. This is sample text.`;
}

/**
 * Carries out a plan with the provider and model it names.
 * @throws ModelCallError
 */
export async function callPlan(pool: ProviderPool, plan: ModelPlan, options: CallOptions): Promise<ModelResult> {
  const adapter = pool.adapterOf(plan.provider);
  if (adapter === undefined) {
    const message = `Provider "${plan.provider}" is unknown here; the plan was made by another configuration.`;
    throw new ModelCallError({ name: 'Provider.InvalidRequest', message, retryable: false, provider: plan.provider });
  }
  const result = await adapter.generate({ ...plan.request, provider: plan.provider, model: plan.model }, options);
  if (plan.provider !== pool.sandbox.id || plan.request.provider === pool.sandbox.id) return result;
  return { ...result, warnings: [sandboxWarning(plan.request.provider), ...(result.warnings ?? [])] };
}
