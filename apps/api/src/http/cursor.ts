import { validationError } from '@orchestrator/contracts';

const uuidBytes = 16;

/** Where the next page of a list of runs begins, for clients to hand back as it is. */
export function encodeCursor(runId: string): string {
  return Buffer.from(runId.replaceAll('-', ''), 'hex').toString('base64url');
}

/**
 * The run id of a cursor.
 * @throws AppError `validation-failed` when no answer of ours can have had it
 */
export function parseCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== uuidBytes || bytes.toString('base64url') !== cursor) {
    throw validationError(
      [{ pointer: '/cursor', code: 'wrong-format', message: 'is no cursor: take `nextCursor` of the page before' }],
      'The query breaks one or more rules.',
    );
  }
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
