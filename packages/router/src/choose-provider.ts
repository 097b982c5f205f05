import { findRow, type ProviderDefinition, prepareCall } from '@orchestrator/adapters';
import type { ModelRequest } from '@orchestrator/contracts';
import { didYouMean } from './near-matches.ts';
import type { ProviderPool } from './provider-pool.ts';

/** A provider and the model to ask it for (undefined: its default), or why there is none. */
export type Choice = { readonly provider: ProviderDefinition; readonly model: string | undefined } | { readonly problem: string };

const keyVariable = (id: string) => `${id.toUpperCase()}_API_KEY`;

function chooseSpecified(pool: ProviderPool, id: string, model: string | undefined): Choice {
  if (id === pool.sandbox.id) return { provider: pool.sandbox, model: undefined };
  const provider = pool.all.find((candidate) => candidate.id === id);
  if (provider !== undefined && pool.configured.includes(provider)) return { provider, model };
  const usable = `Configured: ${pool.configured.map((each) => each.id).join(', ')}.`;
  if (provider !== undefined) return { problem: `Provider "${id}" has no API key: set ${keyVariable(id)}. ${usable}` };
  return { problem: `Provider "${id}" is not part of this version. ${usable}` };
}

function chooseByModel(pool: ProviderPool, model: string, request: ModelRequest): Choice {
  const owners = pool.all.filter((provider) => findRow(provider.models, model) !== undefined);
  const owner = cheapest(
    pool,
    owners.filter((provider) => pool.configured.includes(provider)),
    request,
  );
  if (owner !== undefined) return { provider: owner, model };
  if (owners.length > 0) {
    const places = owners.map(({ id }) => `"${id}" (set ${keyVariable(id)})`).join(' or ');
    return { problem: `Model "${model}" belongs to ${places}, which has no API key.` };
  }
  const fallback = pool.configured.find(({ id }) => id === pool.defaultProvider);
  if (fallback !== undefined) return { provider: fallback, model };
  const models = pool.all.flatMap((provider) => provider.models.map((row) => row.model));
  return {
    problem: `Model "${model}" is in no provider's catalogue; name a provider to use it all the same.${didYouMean(model, models)}`,
  };
}

/** The candidate with the lowest worst case for this request; those without a price come last, ties keep the registry's order. */
function cheapest(
  pool: ProviderPool,
  candidates: readonly ProviderDefinition[],
  request: ModelRequest,
): ProviderDefinition | undefined {
  const worstCase = (provider: ProviderDefinition) =>
    prepareCall(provider, pool.settingsOf(provider.id), request).worstCaseNanoUsd ?? Number.POSITIVE_INFINITY;
  return candidates
    .map((provider) => ({ provider, cost: worstCase(provider) }))
    .reduce<{ provider: ProviderDefinition; cost: number } | undefined>(
      (best, next) => (best === undefined || next.cost < best.cost ? next : best),
      undefined,
    )?.provider;
}

function chooseFreely(pool: ProviderPool, request: ModelRequest): Choice {
  const preferred = pool.configured.find(({ id }) => id === pool.defaultProvider);
  const { maxTokens } = request;
  const fits = (provider: ProviderDefinition) => {
    const { row } = prepareCall(provider, pool.settingsOf(provider.id), request);
    return maxTokens === undefined || row === undefined || maxTokens <= row.maxOutputTokens;
  };
  const provider = preferred ?? cheapest(pool, pool.configured.filter(fits), request);
  if (provider !== undefined) return { provider, model: undefined };
  return { problem: `No configured provider's default model can write ${maxTokens} tokens.` };
}

/**
 * Decides whom to ask. Named provider > provider whose catalogue has the model > default provider > cheapest configured one.
 * While no provider has a key the sandbox answers in place of any known one.
 */
export function chooseProvider(pool: ProviderPool, request: ModelRequest): Choice {
  const { provider: id, model } = request;
  const known = [...pool.all.map((provider) => provider.id), ...pool.unavailableIds];
  if (id !== undefined && id !== pool.sandbox.id && !known.includes(id)) {
    return { problem: `Provider "${id}" is unknown.${didYouMean(id, known)} Known: ${known.join(', ')}.` };
  }
  if (pool.configured.length === 0) return { provider: pool.sandbox, model: undefined };
  if (id !== undefined) return chooseSpecified(pool, id, model);
  if (model !== undefined) return chooseByModel(pool, model, request);
  return chooseFreely(pool, request);
}
