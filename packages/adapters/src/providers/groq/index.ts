import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { chatProtocol } from '../../protocols/openai-chat/protocol.ts';
import { groqDialect } from './dialect.ts';
import { groqModels } from './models.ts';

const profile = {
  id: 'groq',
  displayName: 'Groq',
  defaultBaseUrl: 'https://api.groq.com/openai/v1',
  defaultModel: 'openai/gpt-oss-20b',
  models: groqModels,
};

export const groq: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) => createAdapter(profile, settings, chatProtocol(groqDialect)),
};
