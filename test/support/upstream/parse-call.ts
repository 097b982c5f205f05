import type { IncomingMessage } from 'node:http';
import type { ReadCall } from './formats/wire-format.ts';

/** A model call as it arrived, whatever the vendor's format. */
export interface UpstreamCall extends ReadCall {
  /** From the path prefix `/p/<provider>`, if there is one. */
  readonly provider: string | null;
  readonly idempotencyKey: string | null;
  /** What stands between `[[` and `]]` in the prompt. */
  readonly marker: string | null;
  readonly body: unknown;
}

const markerPattern = /\[\[([\w.:-]{1,200})\]\]/;

export function toCall(request: IncomingMessage, provider: string | null, read: ReadCall, body: unknown): UpstreamCall {
  const key = request.headers['idempotency-key'];
  return {
    ...read,
    provider,
    idempotencyKey: typeof key === 'string' ? key : null,
    marker: markerPattern.exec(read.prompt)?.[1] ?? null,
    body,
  };
}
