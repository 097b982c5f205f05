import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { anthropicModels } from './models.ts';
import { messagesProtocol } from './protocol.ts';

const profile = {
  id: 'anthropic',
  displayName: 'Anthropic',
  defaultBaseUrl: 'https://api.anthropic.com',
  defaultModel: 'claude-haiku-5-5',
  models: anthropicModels,
};

export const anthropic: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter({ ...profile, rules: { maxTemperature: 1 } }, settings, messagesProtocol),
};
