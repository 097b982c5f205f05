import { AppError, validationError } from '@orchestrator/contracts';

/** A string of RFC 8941, as the draft of the header has it: in quotes, `\` before `"` and `\`. */
const quoted = /^"((?:[^"\\]|\\["\\])*)"$/;

/**
 * The key of an `Idempotency-Key` header: 1 to 255 printable ASCII characters. In quotes, as the draft demands, or without, as most
 * clients send it, it is the same key.
 * @throws AppError `validation-failed`
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = quoted.exec(header)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? header;
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw validationError([
    {
      pointer: '',
      code: 'invalid-idempotency-key',
      message: 'the Idempotency-Key header must be 1 to 255 printable ASCII characters',
    },
  ]);
}

export function keyReused(): AppError {
  return new AppError('idempotency-key-reused', 'This Idempotency-Key belongs to a request with another path or body.');
}

const retryAfterMs = 1_000;

/** @param job - the run that the first request has started, and its path */
export function keyInUse(job?: { readonly jobId: string; readonly path: string }): AppError {
  return new AppError('idempotency-key-in-use', 'The request that brought this Idempotency-Key first is still being answered.', {
    retryable: true,
    retryAfterMs,
    details: job === undefined ? {} : { jobId: job.jobId, headers: { Location: job.path } },
  });
}
