import { createAdapter } from '../../call/create-adapter.ts';
import type { ProviderDefinition } from '../../contract.ts';
import { endpointProtocol } from '../../protocols/endpoint-protocol.ts';
import { readChatRateLimits } from '../../protocols/openai-chat/rate-limits.ts';
import { fromAgentResponse } from './from-response.ts';
import { fromAgentStream } from './from-stream.ts';
import { perplexityModels } from './models.ts';
import { toAgentRequest } from './to-request.ts';

const profile = {
  id: 'perplexity',
  displayName: 'Perplexity',
  defaultBaseUrl: 'https://api.perplexity.ai/v1',
  defaultModel: 'perplexity/sonar',
  models: perplexityModels,
  // It answers 400 to every field it doesn't know, these two among them.
  rules: { rejectedByUnknownModel: () => ['stop', 'seed'] as const },
};

/** The Agent API. */
export const perplexity: ProviderDefinition = {
  ...profile,
  createAdapter: (settings) =>
    createAdapter(
      profile,
      settings,
      endpointProtocol({
        path: '/responses',
        pingPath: () => '/models',
        toRequest: toAgentRequest,
        fromResponse: fromAgentResponse,
        fromStream: fromAgentStream,
        readRateLimits: readChatRateLimits,
      }),
    ),
};
