import type { UpstreamAnswer, UpstreamUsage } from '../answer.ts';
import { billUsd } from './wire-format.ts';

/** What a vendor of chat completions does differently from the first of them. */
export interface ChatVariant {
  /** Fields that are added to the usage, or replace others of it. */
  readonly usageFields?: (usage: UpstreamUsage, answer: UpstreamAnswer) => object;
  /**
   * Where a stream has its usage: in a chunk of its own `if-asked`, in `x_groq` of the last chunk with a choice, or in that chunk itself.
   */
  readonly streamUsage?: 'if-asked' | 'x_groq' | 'last-chunk';
  /** Sent before the first chunk. */
  readonly preamble?: string;
  /** The name of the thinking in messages and deltas. */
  readonly reasoningField?: 'reasoning' | 'reasoning_content';
  /** Failures inside a stream have a numeric code and end the choice. */
  readonly hasNumericErrors?: boolean;
  /** Parameters that are refused, and with which status. */
  readonly refuses?: { readonly parameters: readonly string[]; readonly models?: RegExp; readonly status: number };
}

export const chatVariants: Readonly<Record<string, ChatVariant>> = {
  openai: {
    refuses: { parameters: ['max_tokens', 'temperature', 'top_p'], models: /^gpt-[5-9]/, status: 400 },
  },
  groq: { streamUsage: 'x_groq', reasoningField: 'reasoning' },
  mistral: {
    streamUsage: 'last-chunk',
    usageFields: ({ cached }) => ({ num_cached_tokens: cached, prompt_tokens_details: undefined }),
    refuses: { parameters: ['max_completion_tokens', 'seed', 'stream_options'], status: 422 },
  },
  together: { streamUsage: 'last-chunk', reasoningField: 'reasoning' },
  openrouter: {
    reasoningField: 'reasoning',
    preamble: ': OPENROUTER PROCESSING\n\n',
    usageFields: (_usage, answer) => ({ cost: billUsd(answer.billNanoUsd) }),
    hasNumericErrors: true,
  },
  deepinfra: { usageFields: (_usage, answer) => ({ estimated_cost: billUsd(answer.billNanoUsd) }) },
};

/** Unknown providers, and calls without a provider in their path, get the plain form. */
export function variantOf(provider: string | null): ChatVariant {
  return (provider !== null && Object.hasOwn(chatVariants, provider) ? chatVariants[provider] : undefined) ?? {};
}
