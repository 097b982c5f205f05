import type { BuiltInStepErrorName, RejectionCode } from '@orchestrator/contracts';

/** Why a provider or model that could serve a request is not asked at this moment. */
export interface Hold {
  readonly code: Extract<RejectionCode, 'circuit-open' | 'cooling-down' | 'rate-limited'>;
  /** A sentence. */
  readonly reason: string;
  /** Unix milliseconds from which it may be asked again. */
  readonly untilMs: number;
  /** The error of a request that finds nothing else. */
  readonly error: Extract<
    BuiltInStepErrorName,
    'Provider.RateLimited' | 'Provider.Overloaded' | 'Provider.Auth' | 'Provider.QuotaExceeded'
  >;
}

/** Waiting mends it, so the request may come again. */
export function isTemporary({ error }: Hold): boolean {
  return error === 'Provider.RateLimited' || error === 'Provider.Overloaded';
}
