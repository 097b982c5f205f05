import type { Capability, ModelList, ProviderList, ProvidersHealth } from '@orchestrator/contracts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions } from '../options.ts';

/** What can be asked, and how it is. */
export interface Catalogue {
  readonly providers: {
    /** The built-in providers, and endpoints that the configuration adds. */
    list(options?: CallOptions): Promise<ProviderList>;
  };
  readonly models: {
    /** The models that are known, with prices and limits. */
    list(filter?: { readonly provider?: string; readonly capability?: Capability }, options?: CallOptions): Promise<ModelList>;
  };
  /** Whether the configured providers answer. */
  health(options?: CallOptions): Promise<ProvidersHealth>;
}

export function createCatalogue({ call }: Transport): Catalogue {
  return {
    providers: { list: (options) => call({ method: 'GET', path: '/api/ai/providers' }, options) },
    models: { list: (filter, options) => call({ method: 'GET', path: '/api/ai/models', query: { ...filter } }, options) },
    health: (options) => call({ method: 'GET', path: '/api/ai/health' }, options),
  };
}
