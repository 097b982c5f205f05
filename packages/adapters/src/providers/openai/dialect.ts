import type { ParameterRules } from '../../call/prepared-call.ts';
import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';

/** `max_tokens` is refused by every reasoning model and deprecated for the others. */
export const openaiDialect: ChatDialect = { maxTokensParameter: 'max_completion_tokens', sendsStreamOptions: true };

/** o-series and GPT-5 and later answer 400 to any temperature but 1. */
const reasoningModel = /^(?:o\d|gpt-(?:[5-9]|[1-9]\d))/;

export const openaiRules: ParameterRules = {
  rejectedByUnknownModel: (model) => (reasoningModel.test(model) ? ['temperature'] : []),
};
