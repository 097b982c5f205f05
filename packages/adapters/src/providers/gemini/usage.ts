import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import type { ContentUsage } from './schemas.ts';

/**
 * `promptTokenCount` includes cached tokens but not those of tool prompts; thoughts are billed as output and counted apart.
 * @returns null when the prompt was not counted, or the output neither directly nor as the rest of the total
 */
export function readContentUsage(usage: ContentUsage | null): TokenUsage | null {
  if (usage?.promptTokenCount == null) return null;
  const inputTokens = usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0);
  const reasoningTokens = usage.thoughtsTokenCount ?? 0;
  const outputTokens =
    usage.candidatesTokenCount != null
      ? usage.candidatesTokenCount + reasoningTokens
      : // A count of zero is left out of the vendor's JSON.
        usage.totalTokenCount != null
        ? Math.max(usage.totalTokenCount - inputTokens, reasoningTokens)
        : null;
  if (outputTokens === null) return null;
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: Math.min(usage.cachedContentTokenCount ?? 0, inputTokens),
    cacheWriteInputTokens: 0,
    reasoningTokens,
  };
}

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    STOP: 'stop',
    MAX_TOKENS: 'length',
    FUNCTION_CALL: 'tool-calls',
    SAFETY: 'content-filter',
    RECITATION: 'content-filter',
    LANGUAGE: 'content-filter',
    BLOCKLIST: 'content-filter',
    PROHIBITED_CONTENT: 'content-filter',
    SPII: 'content-filter',
    IMAGE_SAFETY: 'content-filter',
  }),
);

/** The vendor says `STOP` also when it stopped for the results of tool calls. */
export function readFinishReason(reason: string, hasToolCalls: boolean): FinishReason {
  const finishReason = finishReasons.get(reason) ?? 'other';
  return finishReason === 'stop' && hasToolCalls ? 'tool-calls' : finishReason;
}
