import { type LLMAdapter, type ProviderDefinition, type ProviderSettings, sandbox } from '@orchestrator/adapters';
import { AppError } from '@orchestrator/contracts';
import { didYouMean } from './near-matches.ts';

/** Which providers exist and which can be called; the facts that all routing decisions start from. */
export interface ProviderPool {
  /** In the registry's order. */
  readonly all: readonly ProviderDefinition[];
  readonly configured: readonly ProviderDefinition[];
  /** The built-in that answers while no provider is configured. */
  readonly sandbox: ProviderDefinition;
  /** The position in the registry decides ties. */
  readonly ids: readonly string[];
  readonly defaultProvider: string | undefined;
  find(id: string): ProviderDefinition | undefined;
  isConfigured(id: string): boolean;
  settingsOf(id: string): ProviderSettings;
  /** The model that is asked when a request names none. */
  defaultModelOf(provider: ProviderDefinition): string;
  /** One adapter per provider, made at its first use. */
  adapterOf(id: string): LLMAdapter | undefined;
}

export interface ProviderPoolOptions {
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly defaultProvider: string | undefined;
  readonly registry: readonly ProviderDefinition[];
}

/** Self-hosted endpoints may need no key. */
function isUsable(provider: ProviderDefinition, settings: ProviderSettings): boolean {
  return provider.requiresKey === false || Boolean(settings.apiKey?.trim());
}

const noSettings: ProviderSettings = {};

/** @throws AppError `invalid-configuration` when the default provider is unknown */
export function createProviderPool(options: ProviderPoolOptions): ProviderPool {
  const { registry, defaultProvider } = options;
  const byId = new Map(registry.map((provider) => [provider.id, provider]));
  const ids = [...byId.keys()];
  if (defaultProvider !== undefined && !byId.has(defaultProvider) && defaultProvider !== sandbox.id) {
    throw new AppError(
      'invalid-configuration',
      `The default provider "${defaultProvider}" is unknown.${didYouMean(defaultProvider, ids)}`,
    );
  }
  const settingsOf = (id: string) => options.providers[id] ?? noSettings;
  const configured = registry.filter((provider) => isUsable(provider, settingsOf(provider.id)));
  const configuredIds = new Set(configured.map(({ id }) => id));
  const adapters = new Map<string, LLMAdapter>();
  const find = (id: string) => (id === sandbox.id ? sandbox : byId.get(id));
  return {
    all: registry,
    configured,
    sandbox,
    ids,
    defaultProvider,
    find,
    isConfigured: (id) => configuredIds.has(id),
    settingsOf,
    defaultModelOf: (provider) => settingsOf(provider.id).defaultModel || provider.defaultModel,
    adapterOf(id) {
      const existing = adapters.get(id);
      if (existing !== undefined) return existing;
      const adapter = find(id)?.createAdapter(settingsOf(id));
      if (adapter !== undefined) adapters.set(id, adapter);
      return adapter;
    },
  };
}

/** The name of the environment variable that holds a provider's key. */
export function keyVariableOf(id: string): string {
  return `${id.toUpperCase().replaceAll('-', '_')}_API_KEY`;
}
