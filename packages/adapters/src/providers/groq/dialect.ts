import { z } from 'zod';
import type { ChatDialect } from '../../protocols/openai-chat/dialect.ts';
import { withVendorModels } from '../../protocols/openai-chat/vendor-models.ts';

const chunkSchema = z.object({
  x_groq: z.object({ usage: z.unknown().optional(), error: z.string().nullish().catch(null) }).nullish(),
});

/** `max_tokens` is deprecated; the usage of a stream sits in `x_groq` of its last chunk, with or without stream options. */
export const groqDialect: ChatDialect = {
  maxTokensParameter: 'max_completion_tokens',
  sendsStreamOptions: true,
  adjustRequest: withVendorModels({ 'llama-3.3-70b': 'llama-3.3-70b-versatile' }),
  readStreamUsage: (chunk) => chunkSchema.safeParse(chunk).data?.x_groq?.usage,
  readStreamError: (chunk) => chunkSchema.safeParse(chunk).data?.x_groq?.error ?? undefined,
};
