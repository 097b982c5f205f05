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
  /** Set where the vendor's own codes say more than status and words do. */
  readonly name?: BuiltInStepErrorName | undefined;
  readonly status: number | undefined;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly message: string;
  readonly headers?: { get(name: string): string | null } | undefined;
  /** Set when it came inside an answer that began with 200, whatever `status` it names: tokens may have been produced. */
  readonly mayBeBilled?: boolean;
}

/** Thrown by a protocol whose vendor answered 200 with something that is no answer. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/** Thrown by a protocol whose stream ended without saying why. */
export class TruncatedAnswer extends Error {
  override readonly name = 'TruncatedAnswer';
}

/** Thrown by a protocol whose vendor answered 200 with an error of its own; `readVendorError` hands out what it said. */
export class VendorErrorAnswer extends Error {
  override readonly name = 'VendorErrorAnswer';
  readonly said: VendorError;

  constructor(said: VendorError) {
    super(said.message);
    this.said = said;
  }
}
