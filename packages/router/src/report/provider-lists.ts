import { findRow, type ProviderDefinition, type ProviderSettings, providers } from '@orchestrator/adapters';
import type { Capability } from '@orchestrator/contracts';
import { createProviderPool, type ProviderPool } from '../provider-pool.ts';

/** A provider and the price of its default model, in US dollars per million tokens. */
export interface ProviderSummary {
  readonly name: string;
  readonly displayName: string;
  readonly defaultModel: string;
  readonly capabilities: readonly Capability[];
  /** `null` where no price is known. */
  readonly estimatedCostPerMToken: { readonly input: number | null; readonly output: number | null };
}

/** A provider as `GET /api/ai/providers` lists it. */
export interface ProviderInfo extends ProviderSummary {
  readonly isConfigured: boolean;
  /** Typical time to a complete answer, milliseconds; `null` for a model that is in no catalogue. */
  readonly latencyMs: number | null;
}

export interface ProviderListOptions {
  /** Lists only providers that these settings configure. */
  readonly settings?: Readonly<Record<string, ProviderSettings>>;
  /** @defaultValue the registry of `@orchestrator/adapters` */
  readonly registry?: readonly ProviderDefinition[];
}

export function summaryOf(pool: ProviderPool, provider: ProviderDefinition): ProviderSummary {
  const defaultModel = pool.defaultModelOf(provider);
  const row = findRow(provider.models, defaultModel);
  return {
    name: provider.id,
    displayName: provider.displayName,
    defaultModel,
    capabilities: row?.capabilities ?? [],
    estimatedCostPerMToken: { input: row?.inputPer1M ?? null, output: row?.outputPer1M ?? null },
  };
}

/** Input and output weighted as in the catalogue's usual comparison: three input tokens to one of output. */
function blendedPrice({ estimatedCostPerMToken: { input, output } }: ProviderSummary): number {
  return input === null || output === null ? Number.POSITIVE_INFINITY : (3 * input + output) / 4;
}

export function cheapestOf<Item extends ProviderSummary>(items: readonly Item[]): Item | undefined {
  return items.reduce<Item | undefined>(
    (best, item) => (best === undefined || blendedPrice(item) < blendedPrice(best) ? item : best),
    undefined,
  );
}

function listed({ settings, registry = providers }: ProviderListOptions): ProviderSummary[] {
  const pool = createProviderPool({ providers: settings ?? {}, registry, defaultProvider: undefined });
  return (settings === undefined ? pool.all : pool.configured).map((provider) => summaryOf(pool, provider));
}

/** Providers whose default model has a capability, in the registry's order. */
export function getProvidersWithCapability(
  capability: Capability,
  options: ProviderListOptions = {},
): readonly ProviderSummary[] {
  return listed(options).filter(({ capabilities }) => capabilities.includes(capability));
}

/** The provider whose default model has the lowest price, three input tokens counted to one of output; undefined for an empty list. */
export function getCheapestProvider(options: ProviderListOptions = {}): ProviderSummary | undefined {
  return cheapestOf(listed(options));
}
