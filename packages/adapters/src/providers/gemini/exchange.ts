import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';

/**
 * What the SDK doesn't hand out of its HTTP exchange. It calls the global fetch with options of its own, which follow
 * redirects and send the key along to wherever they point; it drops the headers of error answers (Retry-After) and the cause of
 * failed connections (refused or reset). Node publishes all three on its diagnostics channels for fetch, synchronously, so
 * that a redirect is stopped before it is followed, without replacing anything global. An answer without an end is stopped as
 * well: the SDK would read it, and look through all of it again for each piece.
 */
export interface Exchange {
  /** Sent along; marks the request, so that its events can be told from those of all others in the process. */
  readonly mark: Readonly<Record<string, string>>;
  /** Aborts with the caller's signal, and when the vendor answers with a redirect. */
  readonly signal: AbortSignal;
  /** Of the answer, as far as one came. */
  status(): number | undefined;
  header(name: string): string | null;
  /** What the socket failed with. */
  socketError(): unknown;
  isRedirected(): boolean;
  isTooLong(): boolean;
  /** `abandon` closes the socket. */
  close(how?: 'abandon'): void;
}

interface Observation {
  status: number | undefined;
  readonly headers: Map<string, string>;
  socketError: unknown;
  receivedBytes: number;
  readonly abort: () => void;
}

interface PublishedRequest {
  /** Names and values in turn. */
  readonly headers: unknown;
}

const markHeader = 'x-client-request-id';
/** The SDK's work grows with the square of a stream's length, so this is lower than elsewhere; the longest answers have a few MB. */
const maxAnswerBytes = 16 * 1_048_576;
const followed: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const open = new Map<string, Observation>();
let isListening = false;

function observationOf({ headers }: PublishedRequest): Observation | undefined {
  if (open.size === 0 || !Array.isArray(headers)) return undefined;
  const id: unknown = headers[headers.indexOf(markHeader) + 1];
  return typeof id === 'string' ? open.get(id) : undefined;
}

function onHeaders(message: unknown): void {
  const { request, response } = message as {
    readonly request: PublishedRequest;
    readonly response: { readonly statusCode: number; readonly headers: readonly Uint8Array[] };
  };
  const observation = observationOf(request);
  if (observation === undefined) return;
  observation.status = response.statusCode;
  for (let index = 0; index + 1 < response.headers.length; index += 2) {
    observation.headers.set(String(response.headers[index]).toLowerCase(), String(response.headers[index + 1]));
  }
  if (followed.has(response.statusCode)) observation.abort();
}

function onChunk(message: unknown): void {
  const { request, chunk } = message as { readonly request: PublishedRequest; readonly chunk: Uint8Array };
  const observation = observationOf(request);
  if (observation === undefined) return;
  observation.receivedBytes += chunk.byteLength;
  if (observation.receivedBytes > maxAnswerBytes) observation.abort();
}

function onError(message: unknown): void {
  const { request, error } = message as { readonly request: PublishedRequest; readonly error: unknown };
  const observation = observationOf(request);
  if (observation !== undefined) observation.socketError = error;
}

/** Starts to observe one request. @param signal - must not be aborted yet: the SDK looks for the event only */
export function openExchange(signal: AbortSignal): Exchange {
  if (!isListening) {
    subscribe('undici:request:headers', onHeaders);
    subscribe('undici:request:bodyChunkReceived', onChunk);
    subscribe('undici:request:error', onError);
    isListening = true;
  }
  const controller = new AbortController();
  const abort = () => controller.abort();
  const observation: Observation = { status: undefined, headers: new Map(), socketError: undefined, receivedBytes: 0, abort };
  const id = randomUUID();
  open.set(id, observation);
  signal.addEventListener('abort', abort, { once: true });
  return {
    mark: { [markHeader]: id },
    signal: controller.signal,
    status: () => observation.status,
    header: (name) => observation.headers.get(name.toLowerCase()) ?? null,
    socketError: () => observation.socketError,
    isRedirected: () => observation.status !== undefined && followed.has(observation.status),
    isTooLong: () => observation.receivedBytes > maxAnswerBytes,
    close(how) {
      open.delete(id);
      signal.removeEventListener('abort', abort);
      if (how === 'abandon') controller.abort();
    },
  };
}
