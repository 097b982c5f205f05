import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import type { ChatUsage } from './schemas.ts';

/** OpenAI's counts already include cached tokens in the prompt and reasoning tokens in the completion. */
export function readUsage(usage: ChatUsage): TokenUsage {
  const inputTokens = usage.prompt_tokens;
  const cachedInputTokens = Math.min(usage.prompt_tokens_details?.cached_tokens ?? 0, inputTokens);
  return {
    inputTokens,
    outputTokens: usage.completion_tokens ?? 0,
    cachedInputTokens,
    cacheWriteInputTokens: Math.min(usage.prompt_tokens_details?.cache_write_tokens ?? 0, inputTokens - cachedInputTokens),
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  };
}

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    stop: 'stop',
    length: 'length',
    model_length: 'length',
    content_filter: 'content-filter',
    tool_calls: 'tool-calls',
    function_call: 'tool-calls',
  }),
);

/** `error` at gateways, `abort` at vLLM and SGLang, the third at DeepSeek: the answer was broken off. */
const failures: ReadonlySet<string> = new Set(['error', 'abort', 'insufficient_system_resource']);

export function isFailure(reason: string | null | undefined): boolean {
  return failures.has(reason ?? '');
}

export function readFinishReason(reason: string | null | undefined): FinishReason {
  return finishReasons.get(reason ?? '') ?? 'other';
}
