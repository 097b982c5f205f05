import { prepareCall } from '@orchestrator/adapters';
import type { ModelPlanResult, ModelRequest } from '@orchestrator/contracts';
import { chooseProvider } from './choose-provider.ts';
import type { ProviderPool } from './provider-pool.ts';

function refuse(message: string, provider: string | undefined): ModelPlanResult {
  return {
    ok: false,
    error: { name: 'Provider.InvalidRequest', message, retryable: false, ...(provider === undefined ? {} : { provider }) },
  };
}

/**
 * Chooses provider and model and prices the worst case. The plan's request has its `maxTokens` filled in, so that what is
 * reserved is what is sent; its `provider` stays what was asked for.
 */
export function planCall(pool: ProviderPool, request: ModelRequest): ModelPlanResult {
  const choice = chooseProvider(pool, request);
  if ('problem' in choice) return refuse(choice.problem, request.provider);
  const { provider } = choice;
  const { model: _, ...rest } = request;
  const call = prepareCall(
    provider,
    pool.settingsOf(provider.id),
    choice.model === undefined ? rest : { ...rest, model: choice.model },
  );
  if (call.row !== undefined && call.maxTokens > call.row.maxOutputTokens) {
    return refuse(
      `maxTokens ${call.maxTokens} is over the ${call.row.maxOutputTokens} that "${call.model}" can write.`,
      provider.id,
    );
  }
  return {
    ok: true,
    plan: {
      provider: provider.id,
      model: call.model,
      request: { ...request, maxTokens: call.maxTokens },
      worstCaseNanoUsd: call.worstCaseNanoUsd,
    },
  };
}
