import type { Fallback, Issue, ModelRequest } from '@orchestrator/contracts';
import { hasModel } from '../choose/candidate.ts';
import { didYouMean } from '../near-matches.ts';
import type { ProviderPool } from '../provider-pool.ts';

function checkProvider(pool: ProviderPool, pointer: string, id: string): Issue[] {
  if (pool.find(id) !== undefined) return [];
  return [
    {
      pointer,
      code: 'unknown-provider',
      message: `Provider "${id}" is unknown.${didYouMean(id, pool.ids)} Known: ${pool.ids.join(', ')}.`,
    },
  ];
}

function checkModel(pool: ProviderPool, model: string): Issue[] {
  if (pool.configured.length === 0 || pool.all.some((provider) => hasModel(provider, model))) return [];
  if (pool.defaultProvider !== undefined && pool.isConfigured(pool.defaultProvider)) return [];
  const models = pool.all.flatMap((provider) => provider.models.map((row) => row.model));
  const hint = didYouMean(model, [...new Set(models)]);
  return [
    {
      pointer: '/model',
      code: 'unknown-model',
      message: `Model "${model}" is in no provider's catalogue; name a provider to use it all the same.${hint}`,
    },
  ];
}

/**
 * Names in a request that nothing here bears, as JSON pointers with near matches. A model that is in no catalogue is fine where a
 * provider is named or there is a default one, and while only the sandbox answers.
 */
export function checkNames(
  pool: ProviderPool,
  request: { readonly provider?: string; readonly model?: string; readonly fallbacks?: readonly Fallback[] },
): Issue[] {
  const { provider, model, fallbacks = [] } = request satisfies Pick<ModelRequest, 'provider' | 'model' | 'fallbacks'>;
  return [
    ...(provider === undefined ? [] : checkProvider(pool, '/provider', provider)),
    ...(provider === undefined && model !== undefined ? checkModel(pool, model) : []),
    ...fallbacks.flatMap((fallback, index) => checkProvider(pool, `/fallbacks/${index}/provider`, fallback.provider)),
  ];
}
