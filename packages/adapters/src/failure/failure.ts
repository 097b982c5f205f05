import type { BuiltInStepErrorName } from '@orchestrator/contracts';

/**
 * A failed call in vendor-neutral form.
 * `charge` says what the vendor may bill: `none` when it refused or never got the request, `unknown` when it may have worked
 * on it (the worst case is then booked).
 */
export interface Failure {
  readonly name: BuiltInStepErrorName;
  readonly message: string;
  readonly charge: 'none' | 'unknown';
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Overrides the default of the error's name. */
  readonly retryable?: boolean;
}

/** What a protocol could read of its SDK's error: an HTTP answer, or an error event inside a stream (`status` undefined). */
export interface VendorError {
  readonly status: number | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly message: string;
  readonly headers?: { get(name: string): string | null } | undefined;
}

/** Thrown by a protocol whose vendor answered 200 with something that is no answer. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/** Thrown by a protocol whose stream ended without saying why. */
export class TruncatedAnswer extends Error {
  override readonly name = 'TruncatedAnswer';
}
