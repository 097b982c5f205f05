import type { GenerationConfig } from '@google/generative-ai';
import type { ReasoningEffort } from '@orchestrator/contracts';
import type { PreparedCall } from '../../call/prepared-call.ts';
import { thinkingStyleOf } from './models.ts';

// Fields that the API has and the SDK's types lack.
interface ThinkingConfig {
  readonly includeThoughts: boolean;
  readonly thinkingLevel?: string;
  /** Tokens; 0 switches it off. */
  readonly thinkingBudget?: number;
}
interface ContentGenerationConfig extends GenerationConfig {
  seed?: number;
  /** JSON Schema as it is; `responseSchema` takes a dialect that rejects `additionalProperties`, `$ref` and more. */
  responseJsonSchema?: Readonly<Record<string, unknown>>;
  thinkingConfig?: ThinkingConfig;
}

/** Tokens that the vendor's OpenAI-compatible API gives the same words. */
const budgets: Readonly<Record<ReasoningEffort, number>> = { none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24_576 };

function toThinkingConfig(model: string, effort: ReasoningEffort): ThinkingConfig | undefined {
  const includeThoughts = effort !== 'none';
  switch (thinkingStyleOf(model)) {
    case 'level':
      return { includeThoughts, thinkingLevel: effort === 'none' ? 'minimal' : effort };
    case 'budget':
      return { includeThoughts, thinkingBudget: budgets[effort] };
    case 'none':
      return undefined;
  }
}

function toResponseFormat(format: PreparedCall['responseFormat']): ContentGenerationConfig {
  if (format === undefined || format.type === 'text') return {};
  return {
    responseMimeType: 'application/json',
    ...(format.type === 'json-schema' ? { responseJsonSchema: format.schema } : {}),
  };
}

export function toGenerationConfig(call: PreparedCall): ContentGenerationConfig {
  const { maxTokens, temperature, topP, stop, seed, reasoningEffort } = call;
  const thinkingConfig = reasoningEffort === undefined ? undefined : toThinkingConfig(call.model, reasoningEffort);
  return {
    maxOutputTokens: maxTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: [...stop] }),
    ...(seed === undefined ? {} : { seed }),
    ...toResponseFormat(call.responseFormat),
    ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
  };
}
