import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import type { MessageUsage } from './schemas.ts';

/**
 * `input_tokens` of this vendor excludes tokens read from or written to its cache; ours includes them.
 * @returns null when neither side was counted
 */
export function readMessageUsage(usage: MessageUsage | null | undefined): TokenUsage | null {
  if (usage?.input_tokens == null || usage.output_tokens == null) return null;
  const cached = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens + cached + written,
    outputTokens: usage.output_tokens,
    cachedInputTokens: cached,
    cacheWriteInputTokens: written,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? 0,
  };
}

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    end_turn: 'stop',
    stop_sequence: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool-calls',
    refusal: 'content-filter',
  }),
);

export function readStopReason(reason: string | null | undefined): FinishReason {
  return finishReasons.get(reason ?? '') ?? 'other';
}
