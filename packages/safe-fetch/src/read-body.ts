import type { SafeResponse } from './fetch-result.ts';

/** The body is longer than its reader allows. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`longer than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/**
 * Reads a body up to a limit; leaving the loop ends its stream.
 * @throws BodyTooLarge
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  whenTooLarge: 'fail' | 'truncate',
): Promise<Pick<SafeResponse, 'body' | 'isTruncated'>> {
  const chunks: Uint8Array[] = [];
  let left = maxBytes;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left >= 0) continue;
    if (whenTooLarge === 'fail') throw new BodyTooLarge(maxBytes);
    return { body: Buffer.concat(chunks), isTruncated: true };
  }
  return { body: Buffer.concat(chunks), isTruncated: false };
}
