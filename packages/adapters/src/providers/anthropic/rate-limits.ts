import type { RateLimits } from '../../contract.ts';

function readCount(headers: Headers, name: string): number | null {
  const value = headers.get(name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

export function readMessageRateLimits(headers: Headers, nowMs: number): RateLimits {
  return {
    requestLimit: readCount(headers, 'anthropic-ratelimit-requests-limit'),
    requestsRemaining: readCount(headers, 'anthropic-ratelimit-requests-remaining'),
    tokenLimit: readCount(headers, 'anthropic-ratelimit-tokens-limit'),
    tokensRemaining: readCount(headers, 'anthropic-ratelimit-tokens-remaining'),
    observedAtMs: nowMs,
  };
}
