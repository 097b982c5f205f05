import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { deepinfraDialect } from './dialect.ts';
import { deepinfraModels } from './models.ts';

const profile = {
  id: 'deepinfra',
  displayName: 'DeepInfra',
  defaultBaseUrl: 'https://api.deepinfra.com/v1/openai',
  defaultModel: 'openai/gpt-oss-20b',
  models: deepinfraModels,
};

export const deepinfra: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(deepinfraDialect)),
};
