import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { openrouterDialect } from './dialect.ts';
import { openrouterModels } from './models.ts';

const profile = {
  id: 'openrouter',
  displayName: 'OpenRouter',
  defaultBaseUrl: 'https://openrouter.ai/api/v1',
  defaultModel: 'openai/gpt-oss-20b',
  models: openrouterModels,
};

export const openrouter: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(openrouterDialect)),
};
