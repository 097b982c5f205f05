import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { mistralDialect } from './dialect.ts';
import { mistralModels } from './models.ts';

const profile = {
  id: 'mistral',
  displayName: 'Mistral',
  defaultBaseUrl: 'https://api.mistral.ai/v1',
  defaultModel: 'mistral-small-2603',
  models: mistralModels,
  // Above it the API answers 422.
  rules: { maxTemperature: 1.5 },
};

export const mistral: ProviderDefinition = {
  ...profile,
  conventionalName: 'mistral_ai',
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(mistralDialect)),
};
