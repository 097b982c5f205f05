import type { RateLimits } from '../../contract.ts';

function readCount(headers: Headers, name: string): number | null {
  const value = headers.get(name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

/** Reads the `x-ratelimit-*` headers that OpenAI and its followers send with every answer. */
export function readChatRateLimits(headers: Headers, nowMs: number): RateLimits {
  return {
    requestLimit: readCount(headers, 'x-ratelimit-limit-requests'),
    requestsRemaining: readCount(headers, 'x-ratelimit-remaining-requests'),
    tokenLimit: readCount(headers, 'x-ratelimit-limit-tokens'),
    tokensRemaining: readCount(headers, 'x-ratelimit-remaining-tokens'),
    observedAtMs: nowMs,
  };
}
