import type { ParameterRules } from '../../catalogue/parameter-rules.ts';
import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';

/** `max_tokens` is refused by every reasoning model and deprecated for the others. */
export const openaiDialect: ChatDialect = { maxTokensParameter: 'max_completion_tokens', sendsStreamOptions: true };

/** o-series and GPT-5 and later answer 400 to any temperature or top_p but 1, and o-series and GPT-5 to `stop`. */
const reasoningModel = /^(?:o\d|gpt-(?:[5-9]|[1-9]\d))/;
/** From GPT-6 on, chat completions take function tools only without reasoning; with it they are for `/v1/responses`. */
const reasonsOrCallsTools = /^gpt-(?:[6-9]|[1-9]\d)/;

export const openaiRules: ParameterRules = {
  rejectedByUnknownModel: (model) => (reasoningModel.test(model) ? ['temperature', 'topP', 'stop'] : []),
  toolEffortOfUnknownModel: (model) => (reasonsOrCallsTools.test(model) ? 'none' : undefined),
};
