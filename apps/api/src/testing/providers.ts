import type { ProviderDefinition } from '@orchestrator/adapters';
import { type RouterConfig, RouterEngine } from '@orchestrator/router';

function refuseToCall(): never {
  throw new Error('the API calls no model');
}

/** A provider of one model, known and priced, that must not be called. */
export function fakeProvider(
  id: string,
  row: Partial<ProviderDefinition['models'][number]> = {},
  options: { readonly status?: 'healthy' | 'unhealthy' } = {},
): ProviderDefinition {
  const model = `${id}-model`;
  return {
    id,
    displayName: id.toUpperCase(),
    defaultBaseUrl: 'http://127.0.0.1:9',
    defaultModel: model,
    models: [
      {
        model,
        inputPer1M: 1,
        outputPer1M: 2,
        contextTokens: 100_000,
        maxOutputTokens: 10_000,
        defaultMaxTokens: 1_000,
        capabilities: ['text', 'streaming'],
        typicalLatencyMs: 1_000,
        sourceUrl: `https://${id}.example/prices`,
        checkedOn: '2026-11-23',
        ...row,
      },
    ],
    createAdapter: () => ({
      id,
      generate: refuseToCall,
      stream: refuseToCall,
      healthCheck: async () => ({ status: options.status ?? 'healthy', latencyMs: 5 }),
      estimateCost: refuseToCall,
      getRateLimits: refuseToCall,
      supports: refuseToCall,
    }),
  };
}

/** A real router over fake providers; those in `keys` are configured. */
export function fakeRouter(
  registry: readonly ProviderDefinition[],
  keys: readonly string[],
  config: RouterConfig = {},
): RouterEngine {
  return new RouterEngine({
    registry,
    providers: Object.fromEntries(keys.map((id) => [id, { apiKey: 'test-key' }])),
    ...config,
  });
}
