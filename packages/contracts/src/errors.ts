/**
 * The closed list of error codes that cross a package boundary.
 * HTTP statuses are not part of it: the API maps each code once, exhaustively.
 */
export const errorCodes = [
  /** The body is not JSON. */
  'invalid-json',
  /** The request's media type is not `application/json`. */
  'unsupported-media-type',
  /** The body is larger than the limit of its route. */
  'payload-too-large',
  /** The request was understood but breaks a rule; `details.issues` names each place. */
  'validation-failed',
  /** The request comes from where it may not come from: a foreign host name or web page. */
  'forbidden',
  /** No such job, workflow or route (or it belongs to another tenant). */
  'not-found',
  /** The path exists, the method does not. */
  'method-not-allowed',
  /** The same `Idempotency-Key` was used before with another body. */
  'idempotency-key-reused',
  /** The request that brought this `Idempotency-Key` first is still being answered. */
  'idempotency-key-in-use',
  /** The tenant has sent all the requests that it may send in this time. */
  'rate-limited',
  /** The resource is in a state that forbids the change. */
  'conflict',
  /** The commit or renewal names an epoch that is no longer the run's. */
  'lease-lost',
  /** Postgres or Supabase can't be reached, or answered that it can't serve now. */
  'store-unavailable',
  /** Redis or the queue's Postgres can't be reached. */
  'queue-unavailable',
  /** The process is shutting down. */
  'shutting-down',
  /** No provider that could serve the request has a key; `details.issues` says of each why not. */
  'no-provider',
  /** A model call failed; `details.error` is the step error. */
  'run-failed',
  /** Misconfiguration found at start: the process exits with 78. */
  'invalid-configuration',
  /** A defect. The message is not shown to clients. */
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One broken rule: where (RFC 6901 JSON pointer), which rule, and a sentence for people. */
export interface Issue {
  /** RFC 6901 pointer into the submitted document; `''` is the document itself. */
  readonly pointer: string;
  /** Stable, machine-readable rule name, e.g. `unknown-field`. */
  readonly code: string;
  readonly message: string;
  /** Of a request that no provider can serve: whom this is about. */
  readonly provider?: string;
}

export interface AppErrorOptions {
  /** Whether the same request can succeed later without a change. @defaultValue false */
  readonly retryable?: boolean;
  /** Earliest useful moment for a retry, in milliseconds from now. */
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error type that crosses package boundaries. Anything else that escapes is a defect. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }
}

/** Builds the `validation-failed` error that lists every broken rule at once. */
export function validationError(issues: readonly Issue[], message = 'The request breaks one or more rules.'): AppError {
  return new AppError('validation-failed', message, { details: { issues } });
}
