import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { togetherDialect } from './dialect.ts';
import { togetherModels } from './models.ts';

const profile = {
  id: 'together',
  displayName: 'Together',
  defaultBaseUrl: 'https://api.together.xyz/v1',
  defaultModel: 'openai/gpt-oss-20b',
  models: togetherModels,
};

export const together: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(togetherDialect)),
};
