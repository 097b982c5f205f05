import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { openaiDialect, openaiRules } from './dialect.ts';
import { openaiModels } from './models.ts';

const profile = {
  id: 'openai',
  displayName: 'OpenAI',
  defaultBaseUrl: 'https://api.openai.com/v1',
  defaultModel: 'gpt-6-luna',
  models: openaiModels,
  rules: openaiRules,
};

export const openai: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(openaiDialect)),
};
