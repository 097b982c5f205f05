import { validationError } from '@orchestrator/contracts';

/**
 * Checks an `Idempotency-Key` header: 1 to 255 printable ASCII characters.
 * @throws AppError `validation-failed`
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x20-\x7e]{1,255}$/.test(header)) return header;
  throw validationError([
    {
      pointer: '',
      code: 'invalid-idempotency-key',
      message: 'the Idempotency-Key header must be 1 to 255 printable ASCII characters',
    },
  ]);
}
