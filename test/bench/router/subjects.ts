import Anthropic from '@anthropic-ai/sdk';
import { type LLMAdapter, providers } from '@orchestrator/adapters';
import { RouterEngine } from '@orchestrator/router';
import OpenAI from 'openai';

export const vendorNames = ['openai', 'anthropic'] as const;
export const layers = ['sdk', 'adapter', 'router'] as const;
export type Layer = (typeof layers)[number];

/** The same call to the same vendor through one more layer each. */
export type Subject = Readonly<Record<Layer, () => Promise<unknown>>>;

const prompt = 'Explain quantum computing in a few words.';
const maxTokens = 100;
const apiKey = 'sk-benchmark';

function sdkCall(vendor: (typeof vendorNames)[number], baseURL: string): () => Promise<unknown> {
  const options = { apiKey, baseURL, maxRetries: 0 };
  const messages = [{ role: 'user' as const, content: prompt }];
  if (vendor === 'openai') {
    const client = new OpenAI(options);
    return () => client.chat.completions.create({ model: 'gpt-6-luna', messages, max_completion_tokens: maxTokens });
  }
  const client = new Anthropic(options);
  return () => client.messages.create({ model: 'claude-haiku-5-5', messages, max_tokens: maxTokens });
}

function adapterOf(vendor: string, baseUrl: string): LLMAdapter {
  const definition = providers.find(({ id }) => id === vendor);
  if (definition === undefined) throw new Error(`${vendor} is not registered`);
  return definition.createAdapter({ apiKey, baseUrl });
}

/** @param port - of a vendor on this machine */
export function createSubject(vendor: (typeof vendorNames)[number], port: number): Subject {
  const baseUrl = `http://127.0.0.1:${port}${vendor === 'openai' ? '/v1' : ''}`;
  const adapter = adapterOf(vendor, baseUrl);
  const router = new RouterEngine({ providers: { [vendor]: { apiKey, baseUrl } } });
  const request = { prompt, maxTokens };
  const options = () => ({ signal: new AbortController().signal, timeoutMs: 10_000 });
  return {
    sdk: sdkCall(vendor, baseUrl),
    adapter: () => adapter.generate(request, options()),
    router: () => router.generate(request, options()),
  };
}

/** A router that has to choose among all providers of the registry, for the cost of the choice alone. */
export function createPlanner(): () => unknown {
  const settings = Object.fromEntries(providers.map(({ id }) => [id, { apiKey }]));
  const router = new RouterEngine({ providers: settings });
  return () => router.plan({ prompt, maxTokens });
}
