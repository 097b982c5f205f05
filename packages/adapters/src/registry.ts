import type { ProviderDefinition } from './contract.ts';
import { anthropic } from './providers/anthropic/index.ts';
import { cohere } from './providers/cohere/index.ts';
import { deepinfra } from './providers/deepinfra/index.ts';
import { gemini } from './providers/gemini/index.ts';
import { groq } from './providers/groq/index.ts';
import { mistral } from './providers/mistral/index.ts';
import { openai } from './providers/openai/index.ts';
import { openrouter } from './providers/openrouter/index.ts';
import { perplexity } from './providers/perplexity/index.ts';
import { together } from './providers/together/index.ts';

/** Every provider, one line each; ids, environment names, catalogue and conformance tests derive from it. */
export const providers: readonly ProviderDefinition[] = [
  openai, //
  anthropic,
  gemini,
  groq,
  perplexity,
  mistral,
  together,
  cohere,
  openrouter,
  deepinfra,
];

/** Ids of all providers, in the registry's order. */
export const providerIds: readonly string[] = providers.map((provider) => provider.id);
