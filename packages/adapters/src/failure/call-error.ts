import { isRetryableByDefault, ModelCallError, type NanoUsd } from '@orchestrator/contracts';
import type { Failure } from './failure.ts';
import { redact } from './redact.ts';

export interface FailedCall {
  readonly provider: string;
  readonly displayName: string;
  readonly apiKey: string | undefined;
  /** Booked when the charge is unknown; `null` when no price is known. */
  readonly worstCaseNanoUsd: NanoUsd | null;
}

/**
 * The error that leaves the package. It has no `cause`: SDK errors carry request headers, bodies and the client with its key.
 */
export function toModelCallError(failure: Failure, call: FailedCall): ModelCallError {
  const booked = failure.charge === 'unknown' ? call.worstCaseNanoUsd : null;
  return new ModelCallError(
    {
      name: failure.name,
      message: `${call.displayName}: ${redact(failure.message, call.apiKey)}`,
      retryable: failure.retryable ?? isRetryableByDefault(failure.name),
      provider: call.provider,
      ...(failure.status === undefined ? {} : { status: failure.status }),
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    },
    booked === null ? {} : { costNanoUsd: booked, costBasis: 'reserved' },
  );
}
