import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { OrchestratorError } from '../orchestrator-error.ts';

/** A run's result comes in one line; more than this is no event of ours. */
const maxEventCharacters = 64 * 1_024 * 1_024;

export interface ReadOptions {
  /** The server sends something every 15 s: a longer silence than this is a dead connection. */
  readonly idleTimeoutMs: number;
  /** Called with each `retry:` field. */
  readonly onRetry: (delayMs: number) => void;
}

function brokenOff(cause: unknown): OrchestratorError {
  const reason = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
  return new OrchestratorError(`The stream broke off${reason}.`, { code: 'network-error', retryable: true, cause });
}

/** Resolves with the next piece, or rejects when the connection breaks or it stays out. */
async function readInTime<Piece>(read: Promise<Piece>, idleTimeoutMs: number): Promise<Piece> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${idleTimeoutMs} ms`)), idleTimeoutMs);
  });
  try {
    return await Promise.race([read, silence]);
  } catch (error) {
    throw brokenOff(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Parses the body of an event stream. An event counts once its blank line has come: what is cut before it never happened.
 * Ends with the body; a reader who leaves closes the connection.
 * @throws OrchestratorError `network-error` when the connection breaks or falls silent, `invalid-response` when an event has no end
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
  { idleTimeoutMs, onRetry }: ReadOptions,
): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onRetry,
    onError: (cause) => {
      if (cause.type !== 'max-buffer-size-exceeded') return;
      const message = `An event is larger than ${maxEventCharacters} characters.`;
      throw new OrchestratorError(message, { code: 'invalid-response', retryable: false, cause });
    },
    maxBufferSize: maxEventCharacters,
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await readInTime(reader.read(), idleTimeoutMs);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
