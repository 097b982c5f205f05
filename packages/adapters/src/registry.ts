import type { ProviderDefinition } from './contract.ts';
import { anthropic } from './providers/anthropic/index.ts';
import { openai } from './providers/openai/index.ts';

/** Every provider, one line each; ids, environment names, catalogue and conformance tests derive from it. */
export const providers: readonly ProviderDefinition[] = [
  openai, //
  anthropic,
];

/** Ids of all providers, in the registry's order. */
export const providerIds: readonly string[] = providers.map((provider) => provider.id);

/**
 * Providers that workflows written for this product may name and that this version can't call. Without any key the sandbox
 * answers for them too; with one, naming them is an error that says so.
 */
export const unavailableProviderIds: readonly string[] = [
  'gemini',
  'groq',
  'perplexity',
  'mistral',
  'together',
  'cohere',
  'openrouter',
  'deepinfra',
];
