import type { FinishReason, TokenUsage } from '@orchestrator/contracts';
import { statedFailure } from '../../protocols/endpoint-client.ts';
import type { ChatUsage } from './schemas.ts';

/**
 * `billed_units` are on the bill. `tokens` are what the model worked on, with the vendor's own preamble: often many times as
 * much, never less; and the count of cached tokens is a part of them, not of what is billed.
 * @returns null when neither was counted
 */
export function readChatUsage(usage: ChatUsage | null | undefined): TokenUsage | null {
  const inputTokens = usage?.billed_units?.input_tokens ?? usage?.tokens?.input_tokens;
  const outputTokens = usage?.billed_units?.output_tokens ?? usage?.tokens?.output_tokens;
  if (inputTokens === null || inputTokens === undefined || outputTokens === null || outputTokens === undefined) return null;
  return { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteInputTokens: 0, reasoningTokens: 0 };
}

const finishReasons = new Map<string, FinishReason>(
  Object.entries({
    COMPLETE: 'stop',
    STOP_SEQUENCE: 'stop',
    MAX_TOKENS: 'length',
    ERROR_LIMIT: 'length',
    TOOL_CALL: 'tool-calls',
    ERROR_TOXIC: 'content-filter',
  }),
);

/**
 * @param said - the vendor's own words about an error, where it has some
 * @throws APIError for answers that ended in an error or ran out of the vendor's time, which come with HTTP 200
 */
export function readFinishReason(reason: string, said?: string | null): FinishReason {
  const name = reason.toUpperCase();
  if (name === 'TIMEOUT') throw statedFailure({ message: said || 'The model ran out of time.', type: 'timeout' });
  if (name === 'ERROR') throw statedFailure({ message: said || 'The model ended with an error.', type: 'server_error' });
  return finishReasons.get(name) ?? 'other';
}
