export { estimateInputTokens } from '@orchestrator/adapters';
export { createModels, type Models } from './create-models.ts';
export type { ProviderPoolOptions } from './provider-pool.ts';
