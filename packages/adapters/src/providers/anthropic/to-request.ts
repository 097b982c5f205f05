import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { lastUserText, type PreparedCall } from '../../call/prepared-call.ts';

/** `max_tokens` is required by this vendor: the request's, else the default of the model's row. */
export function toMessageRequest(call: PreparedCall): MessageCreateParamsNonStreaming {
  return {
    model: call.model,
    max_tokens: call.maxTokens,
    ...(call.system === undefined ? {} : { system: call.system }),
    messages: [{ role: 'user', content: lastUserText(call.messages) }],
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
  };
}
