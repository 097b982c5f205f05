import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { endpointProtocol } from '../../protocols/endpoint-protocol.ts';
import { fromChatAnswer } from './from-response.ts';
import { fromChatEvents } from './from-stream.ts';
import { cohereModels } from './models.ts';
import { readCallLimits } from './rate-limits.ts';
import { toChatBody } from './to-request.ts';

const profile = {
  id: 'cohere',
  displayName: 'Cohere',
  // The native API: see docs/decisions/2026-11-23-cohere-native.md.
  defaultBaseUrl: 'https://api.cohere.com/v2',
  defaultModel: 'command-r7b-12-2024',
  models: cohereModels,
  rules: { maxTemperature: 1 },
};

export const cohere: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) =>
    createAdapter(
      profile,
      settings,
      endpointProtocol({
        path: '/chat',
        // The list of models exists in v1 only; a relative path of the SDK would stay below v2.
        pingPath: (baseUrl) => `${baseUrl.replace(/\/v2$/, '')}/v1/models`,
        toRequest: toChatBody,
        fromResponse: fromChatAnswer,
        fromStream: fromChatEvents,
        readRateLimits: readCallLimits,
      }),
    ),
};
