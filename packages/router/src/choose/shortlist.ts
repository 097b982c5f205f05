import { findRow, type ProviderDefinition, retirementOf } from '@orchestrator/adapters';
import type { Fallback, ModelRequest, RoutingRejection, RoutingStrategy } from '@orchestrator/contracts';
import { keyVariableOf, type ProviderPool } from '../provider-pool.ts';
import { type Candidate, hasModel, type Judged, judgeProvider } from './candidate.ts';
import { type OrderContext, orderCandidates } from './order.ts';

/** All that can serve a request by configuration and catalogue, in the order of preference, and why each other provider can't. */
export interface Shortlist {
  readonly strategy: RoutingStrategy;
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly RoutingRejection[];
  /** A sentence: why the first candidate is the first. */
  readonly reason: string;
}

export interface ShortlistOptions {
  readonly pool: ProviderPool;
  readonly strategy: RoutingStrategy;
  readonly order: OrderContext;
}

const places: Readonly<Record<RoutingStrategy, string>> = {
  cheapest: 'is the cheapest for this request',
  fastest: 'has the shortest live latency',
  specified: 'is the default',
  weighted: 'was drawn by the configured weights',
  priority: 'comes first in the configured order',
};

const keyOf = ({ provider, model }: Candidate): string => `${provider.id}/${model}`;

/** Collects candidates and rejections; a provider and model appears once. */
function createCollector(pool: ProviderPool) {
  const candidates = new Map<string, Candidate>();
  const rejected: RoutingRejection[] = [];
  const seen = new Set<string>();
  return {
    candidates,
    rejected,
    add(candidate: Candidate): void {
      seen.add(candidate.provider.id);
      if (!candidates.has(keyOf(candidate))) candidates.set(keyOf(candidate), candidate);
    },
    reject(rejection: RoutingRejection): void {
      seen.add(rejection.provider);
      rejected.push(rejection);
    },
    take(judged: Judged): void {
      if ('candidate' in judged) this.add(judged.candidate);
      else this.reject(judged.rejection);
    },
    /** Gives every provider that nothing was said of a rejection; without a reason of its own it is one that has no key. */
    rejectOthers(reasonOf: (provider: ProviderDefinition) => Omit<RoutingRejection, 'provider'> | undefined): void {
      for (const provider of pool.all) {
        if (!seen.has(provider.id)) rejected.push({ provider: provider.id, ...(reasonOf(provider) ?? notConfigured(provider)) });
      }
    },
  };
}

/** The rejection of a provider without a key. */
export function notConfigured({ id }: ProviderDefinition): Pick<RoutingRejection, 'code' | 'reason'> {
  return { code: 'not-configured', reason: `${id} has no API key: set ${keyVariableOf(id)}.` };
}

function judgeNamed(pool: ProviderPool, { provider: id, model }: Fallback, request: ModelRequest): Judged {
  const provider = pool.find(id);
  const named = model === undefined ? { provider: id } : { provider: id, model };
  if (provider === undefined)
    return { rejection: { ...named, code: 'unknown-provider', reason: `No provider is called "${id}".` } };
  if (provider !== pool.sandbox && !pool.isConfigured(id)) return { rejection: { ...named, ...notConfigured(provider) } };
  return judgeProvider(pool, provider, request, model);
}

const firstFallback = 'It is the first fallback of the request that can serve it.';

/** A named provider is the only first choice; what the request names as fallbacks follows in its order. */
function listSpecified(pool: ProviderPool, request: ModelRequest, first: Fallback, why: string): Shortlist {
  const collected = createCollector(pool);
  for (const named of [first, ...(request.fallbacks ?? [])]) collected.take(judgeNamed(pool, named, request));
  const reason = `Only ${first.provider} and the fallbacks of the request are asked.`;
  collected.rejectOthers(({ id }) => (pool.isConfigured(id) ? { code: 'not-chosen', reason } : undefined));
  const candidates = [...collected.candidates.values()];
  const isFirst = candidates[0]?.provider.id === first.provider;
  return { strategy: 'specified', candidates, rejected: collected.rejected, reason: isFirst ? why : firstFallback };
}

/** Judges every configured provider, each with the model that `modelOf` names; null leaves a provider to the caller. */
function judgeAll(
  { pool, order, strategy }: ShortlistOptions,
  request: ModelRequest,
  modelOf: (provider: ProviderDefinition) => string | null | undefined,
): { readonly candidates: readonly Candidate[]; readonly rejected: readonly RoutingRejection[] } {
  const candidates: Candidate[] = [];
  const rejected: RoutingRejection[] = [];
  for (const provider of pool.configured) {
    const model = modelOf(provider);
    if (model === null) continue;
    const judged = judgeProvider(pool, provider, request, model);
    if ('candidate' in judged) candidates.push(judged.candidate);
    else rejected.push(judged.rejection);
  }
  return { candidates: orderCandidates(strategy, candidates, order), rejected };
}

/** Names of the weights that a model id stands for, wherever it is served. */
function groupsOf(pool: ProviderPool, model: string): ReadonlySet<string> {
  const groups = new Set<string>();
  for (const { models } of pool.all) {
    const group = findRow(models, model)?.equivalenceGroup;
    if (group !== undefined) groups.add(group);
  }
  return groups;
}

/** The id under which a provider serves the same weights. */
function equivalentOf({ models }: ProviderDefinition, groups: ReadonlySet<string>): string | null {
  const isSame = (group: string | undefined) => group !== undefined && groups.has(group);
  return models.find((row) => isSame(row.equivalenceGroup) && retirementOf(row, Date.now()) !== 'retired')?.model ?? null;
}

function listByModel(options: ShortlistOptions, request: ModelRequest, model: string): Shortlist {
  const { pool } = options;
  const groups = groupsOf(pool, model);
  const exact = judgeAll(options, request, (provider) => (hasModel(provider, model) ? model : null));
  const equivalent = judgeAll(options, request, (provider) =>
    hasModel(provider, model) ? null : equivalentOf(provider, groups),
  );
  const collected = createCollector(pool);
  // Other hosts of the same weights are fallbacks: without one that has this very id, the request's model isn't available.
  const chain = exact.candidates.length === 0 ? [] : [...exact.candidates, ...equivalent.candidates];
  addChain(collected, pool, request, chain);
  for (const rejection of [...exact.rejected, ...equivalent.rejected]) collected.reject(rejection);
  const unknown = { code: 'unknown-model', model, reason: `Its catalogue has no "${model}".` } as const;
  collected.rejectOthers((provider) => (hasModel(provider, model) ? undefined : unknown));
  const first = chain[0]?.provider.id;
  const reason =
    first === undefined ? firstFallback : `${first} serves "${model}" and ${places[options.strategy]} of those that do.`;
  return { strategy: options.strategy, candidates: [...collected.candidates.values()], rejected: collected.rejected, reason };
}

/** The first of the chain, then the request's own fallbacks, then the rest of the chain. */
function addChain(
  collected: ReturnType<typeof createCollector>,
  pool: ProviderPool,
  request: ModelRequest,
  [first, ...rest]: readonly Candidate[],
): void {
  if (first !== undefined) collected.add(first);
  for (const named of request.fallbacks ?? []) collected.take(judgeNamed(pool, named, request));
  for (const candidate of rest) collected.add(candidate);
}

function listAll(options: ShortlistOptions, request: ModelRequest): Shortlist {
  const { pool, strategy } = options;
  const judged = judgeAll(options, request, () => undefined);
  const preferred = judged.candidates.find(({ provider }) => provider.id === pool.defaultProvider);
  const chain =
    preferred === undefined ? judged.candidates : [preferred, ...judged.candidates.filter((each) => each !== preferred)];
  const collected = createCollector(pool);
  addChain(collected, pool, request, chain);
  for (const rejection of judged.rejected) collected.reject(rejection);
  collected.rejectOthers(() => undefined);
  const first = chain[0]?.provider.id;
  const why = preferred === undefined ? `${first} ${places[strategy]}.` : `${first} is the default provider.`;
  const reason = first === undefined ? firstFallback : why;
  return { strategy, candidates: [...collected.candidates.values()], rejected: collected.rejected, reason };
}

/** While nothing is configured the sandbox stands in for every provider. */
function listSandbox(pool: ProviderPool, request: ModelRequest, strategy: RoutingStrategy): Shortlist {
  const collected = createCollector(pool);
  collected.take(judgeProvider(pool, pool.sandbox, request, pool.sandbox.defaultModel));
  collected.rejectOthers(() => undefined);
  const reason = 'No provider is configured, so the built-in sandbox answers.';
  return { strategy, candidates: [...collected.candidates.values()], rejected: collected.rejected, reason };
}

/**
 * Who could serve a request, best first. Named provider > providers whose catalogue has the named model > default models of all
 * configured providers, in the order of the strategy.
 */
export function shortlist(options: ShortlistOptions, request: ModelRequest): Shortlist {
  const { pool, strategy } = options;
  const { provider, model } = request;
  if (provider === pool.sandbox.id) return listSpecified(pool, request, { provider }, `The request names ${provider}.`);
  if (pool.configured.length === 0) return listSandbox(pool, request, provider === undefined ? strategy : 'specified');
  if (provider !== undefined) {
    const named = model === undefined ? { provider } : { provider, model };
    return listSpecified(pool, request, named, `The request names ${provider}.`);
  }
  const byDefault =
    pool.defaultProvider !== undefined && pool.isConfigured(pool.defaultProvider) ? pool.defaultProvider : undefined;
  if (model !== undefined) {
    const isKnown = pool.all.some((each) => hasModel(each, model));
    if (!isKnown && byDefault !== undefined) {
      return listSpecified(
        pool,
        request,
        { provider: byDefault, model },
        `"${model}" is in no catalogue, so the default provider is asked.`,
      );
    }
    return listByModel(options, request, model);
  }
  if (strategy === 'specified' && byDefault !== undefined) {
    return listSpecified(pool, request, { provider: byDefault }, `${byDefault} is the default provider.`);
  }
  // Nothing is specified, neither by the request nor by the configuration.
  return listAll(strategy === 'specified' ? { ...options, strategy: 'cheapest' } : options, request);
}
