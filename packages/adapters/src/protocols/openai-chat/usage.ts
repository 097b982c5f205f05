import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import type { ChatUsage } from './schemas.ts';

/** OpenAI's counts already include cached tokens in the prompt and reasoning tokens in the completion. */
export function readUsage(usage: ChatUsage): TokenUsage {
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens ?? 0,
    cachedInputTokens: Math.min(usage.prompt_tokens_details?.cached_tokens ?? 0, usage.prompt_tokens),
    cacheWriteInputTokens: 0,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    length: 'length',
    content_filter: 'content-filter',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
  }),
);

export function readFinishReason(reason: string | null | undefined): FinishReason {
  return finishReasons.get(reason ?? '') ?? 'other';
}
