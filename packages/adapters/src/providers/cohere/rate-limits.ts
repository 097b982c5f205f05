import type { RateLimits } from '../../contract.ts';

function readCount(headers: Headers, name: string): number | null {
  const value = headers.get(name);
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

/** Only trial keys are told their limits: calls per minute on this endpoint. */
export function readCallLimits(headers: Headers, nowMs: number): RateLimits {
  return {
    requestLimit: readCount(headers, 'x-trial-endpoint-call-limit'),
    requestsRemaining: readCount(headers, 'x-trial-endpoint-call-remaining'),
    tokenLimit: null,
    tokensRemaining: null,
    observedAtMs: nowMs,
  };
}
