import {
  type LLMAdapter,
  type ProviderDefinition,
  type ProviderSettings,
  providers,
  sandbox,
  unavailableProviderIds,
} from '@orchestrator/adapters';
import { AppError } from '@orchestrator/contracts';
import { didYouMean } from './near-matches.ts';

/** Which providers exist and which can be called; the facts that all routing decisions start from. */
export interface ProviderPool {
  /** In the registry's order. */
  readonly all: readonly ProviderDefinition[];
  readonly configured: readonly ProviderDefinition[];
  /** The built-in that answers while no provider has a key. */
  readonly sandbox: ProviderDefinition;
  /** Ids that may be named although this version has no adapter for them. */
  readonly unavailableIds: readonly string[];
  readonly defaultProvider: string | undefined;
  settingsOf(id: string): ProviderSettings;
  /** One adapter per provider, made at its first use. */
  adapterOf(id: string): LLMAdapter | undefined;
}

export interface ProviderPoolOptions {
  /** By provider id. A provider without a key is not configured. */
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  /** Asked when a request names neither provider nor a known model, if it has a key. */
  readonly defaultProvider?: string | undefined;
  /** @defaultValue the registry of `@orchestrator/adapters` */
  readonly registry?: readonly ProviderDefinition[];
}

/** @throws AppError `invalid-configuration` when the default provider is unknown */
export function createProviderPool(options: ProviderPoolOptions): ProviderPool {
  const all = options.registry ?? providers;
  const known = [...all.map(({ id }) => id), ...unavailableProviderIds];
  const { defaultProvider } = options;
  if (defaultProvider !== undefined && !known.includes(defaultProvider)) {
    throw new AppError(
      'invalid-configuration',
      `The default provider "${defaultProvider}" is unknown.${didYouMean(defaultProvider, known)}`,
    );
  }
  const settingsOf = (id: string) => options.providers[id] ?? {};
  const adapters = new Map<string, LLMAdapter>();
  return {
    all,
    configured: all.filter(({ id }) => Boolean(settingsOf(id).apiKey?.trim())),
    sandbox,
    unavailableIds: unavailableProviderIds.filter((id) => !all.some((provider) => provider.id === id)),
    defaultProvider,
    settingsOf,
    adapterOf(id) {
      const existing = adapters.get(id);
      if (existing !== undefined) return existing;
      const adapter = [...all, sandbox].find((provider) => provider.id === id)?.createAdapter(settingsOf(id));
      if (adapter !== undefined) adapters.set(id, adapter);
      return adapter;
    },
  };
}
