import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { geminiModels, rejectedByUnknownGemini } from './models.ts';
import { contentProtocol } from './protocol.ts';

const profile = {
  id: 'gemini',
  displayName: 'Google Gemini',
  defaultBaseUrl: 'https://generativelanguage.googleapis.com',
  defaultModel: 'gemini-3.5-flash-lite',
  models: geminiModels,
  priceLibraryId: 'google',
  rules: { rejectedByUnknownModel: rejectedByUnknownGemini, takesImageUrls: false },
};

export const gemini: ProviderDefinition = {
  ...profile,
  conventionalName: 'gcp.gemini',
  createAdapter: (settings) => createAdapter(profile, settings, contentProtocol),
};
