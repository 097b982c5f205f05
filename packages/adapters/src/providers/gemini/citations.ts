import type { Citation } from '@orchestrator/contracts';
import type { Candidate } from './schemas.ts';

/** Sources of quoted text and of grounding, each URL once. */
export function readCitations({ citationMetadata, groundingMetadata }: Candidate): Citation[] {
  const quoted = (citationMetadata?.citationSources ?? []).map(({ uri }) => ({ uri, title: undefined }));
  const grounded = (groundingMetadata?.groundingChunks ?? []).map(({ web }) => ({ uri: web?.uri, title: web?.title }));
  const byUrl = new Map<string, Citation>();
  for (const { uri, title } of [...grounded, ...quoted]) {
    if (uri && !byUrl.has(uri)) byUrl.set(uri, { url: uri, ...(title ? { title } : {}) });
  }
  return [...byUrl.values()];
}
