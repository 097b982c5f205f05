import type { ErrorCode, ProblemCode } from '@orchestrator/contracts';

/** HTTP status of each error code: a code that is missing here does not compile. */
export const statusByCode = {
  'invalid-json': 400,
  'unsupported-media-type': 415,
  'payload-too-large': 413,
  'validation-failed': 422,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'idempotency-key-reused': 422,
  'idempotency-key-in-use': 409,
  'rate-limited': 429,
  conflict: 409,
  'lease-lost': 500,
  'store-unavailable': 503,
  'queue-unavailable': 503,
  'shutting-down': 503,
  'no-provider': 503,
  'run-failed': 502,
  'invalid-configuration': 500,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/** The title of a problem never changes from one occurrence to the next (RFC 9457). */
export const titleByCode = {
  'invalid-json': 'The body is not valid JSON',
  'unsupported-media-type': 'The media type is not supported',
  'payload-too-large': 'The body is too large',
  'validation-failed': 'The request breaks one or more rules',
  forbidden: 'The request is not allowed from here',
  'not-found': 'Not found',
  'method-not-allowed': 'The method is not allowed',
  'idempotency-key-reused': 'The idempotency key was used with another request',
  'idempotency-key-in-use': 'The first request with this idempotency key is still being answered',
  'rate-limited': 'Too many requests',
  conflict: 'The state of the resource forbids the change',
  'lease-lost': 'Internal error',
  'store-unavailable': 'The database is not reachable',
  'queue-unavailable': 'The queue is not reachable',
  'shutting-down': 'The server is shutting down',
  'no-provider': 'No provider can serve the request',
  'run-failed': 'The run failed',
  'invalid-configuration': 'Internal error',
  internal: 'Internal error',
} as const satisfies Record<ErrorCode, string>;

/** The code that a client is told. What went wrong inside is a defect to it. */
export function problemCodeOf(code: ErrorCode): ProblemCode {
  return code === 'lease-lost' || code === 'invalid-configuration' ? 'internal' : code;
}
