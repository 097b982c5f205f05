import type { ModelRequest } from '@orchestrator/contracts';

/** Chat formats add 3–7 tokens a message and a few per request (role markers, priming); this is well above all of them. */
const tokensPerMessage = 16;
const tokensPerRequest = 16;

/**
 * An upper bound of a text's tokens: its bytes in UTF-8. Byte-level and byte-fallback tokenizers (all vendors') spend at
 * least one byte on each token, so no text can have more tokens than bytes; a usual estimate (bytes ÷ 4) is off by up to
 * four times for code, digits or scripts that are rare in the training data. Tokenizers that normalise (NFKC) may
 * see a longer text than was sent, so the longer form counts.
 */
function tokenBound(text: string): number {
  const normalised = text.normalize('NFKC');
  const bytes = Buffer.byteLength(text);
  return normalised === text ? bytes : Math.max(bytes, Buffer.byteLength(normalised));
}

/**
 * Upper bound of the input tokens a vendor will count for this request; never below the real figure.
 * About four times the real figure for English prose.
 */
export function estimateInputTokens(request: Pick<ModelRequest, 'prompt' | 'systemPrompt'>): number {
  const system = request.systemPrompt === undefined ? 0 : tokenBound(request.systemPrompt) + tokensPerMessage;
  return tokensPerRequest + tokensPerMessage + tokenBound(request.prompt ?? '') + system;
}
