import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { lastUserText, type PreparedCall } from '../../call/prepared-call.ts';
import type { ChatDialect } from './dialect.ts';

export function toChatRequest(call: PreparedCall, dialect: ChatDialect): ChatCompletionCreateParamsNonStreaming {
  return {
    model: call.model,
    messages: [
      ...(call.system === undefined ? [] : [{ role: 'system' as const, content: call.system }]),
      { role: 'user', content: lastUserText(call.messages) },
    ],
    [dialect.maxTokensParameter]: call.maxTokens,
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
  };
}
