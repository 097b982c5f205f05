import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';
import { withVendorModels } from '../../protocols/openai-chat/vendor-models.ts';

export const togetherDialect: ChatDialect = {
  maxTokensParameter: 'max_tokens',
  sendsStreamOptions: true,
  adjustRequest: withVendorModels({ 'llama-3.1-70b': 'meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo' }),
};
