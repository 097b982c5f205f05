import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { anthropicModels, rejectedByUnknownClaude } from './models.ts';
import { messagesProtocol } from './protocol.ts';

const profile = {
  id: 'anthropic',
  displayName: 'Anthropic',
  defaultBaseUrl: 'https://api.anthropic.com',
  defaultModel: 'claude-haiku-5-5',
  models: anthropicModels,
  rules: { maxTemperature: 1, rejectedByUnknownModel: rejectedByUnknownClaude },
};

export const anthropic: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, messagesProtocol),
};
