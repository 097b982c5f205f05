import { z } from 'zod';
import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';
import { readUsage } from '../../protocols/openai-chat/usage.ts';
import { withVendorModels } from '../../protocols/openai-chat/vendor-models.ts';
import { withAcceptedToolCallIds } from './tool-call-ids.ts';

const renameModel = withVendorModels({ 'mistral-large': 'mistral-large-latest' });
const cachedSchema = z.object({ num_cached_tokens: z.number().int().nonnegative() });

/** Refuses unknown parameters with 422, `stream_options` among them: usage comes with the last chunk anyway. */
export const mistralDialect: ChatDialect = {
  maxTokensParameter: 'max_tokens',
  seedParameter: 'random_seed',
  sendsStreamOptions: false,
  toolChoiceRequired: 'any',
  adjustRequest: (request) => withAcceptedToolCallIds(renameModel(request)),
  readUsage(usage) {
    const counted = readUsage(usage);
    // Some models count the cached tokens here, others where everybody does, some in both places.
    const cached = cachedSchema.safeParse(usage).data?.num_cached_tokens ?? 0;
    return { ...counted, cachedInputTokens: Math.min(Math.max(cached, counted.cachedInputTokens), counted.inputTokens) };
  },
};
