import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { PreparedCall } from '../../call/prepared-call.ts';
import type { ChatDialect } from './dialect.ts';

export function toChatRequest(call: PreparedCall, dialect: ChatDialect): ChatCompletionCreateParamsNonStreaming {
  return {
    model: call.model,
    messages: [
      ...(call.systemPrompt === undefined ? [] : [{ role: 'system' as const, content: call.systemPrompt }]),
      { role: 'user', content: call.prompt },
    ],
    [dialect.maxTokensParameter]: call.maxTokens,
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
  };
}
