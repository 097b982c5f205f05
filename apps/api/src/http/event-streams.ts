import type { Response } from 'express';
import type { Clock, Log } from '../ports.ts';
import type { Reply } from './reply.ts';

/** One server-sent event. */
export interface ServerSentEvent {
  readonly id?: string;
  readonly event?: string;
  /** One line. */
  readonly data: string;
}

export interface EventStreamsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** @defaultValue 15000 */
  readonly heartbeatMs?: number;
  /** A reader that takes nothing for this long is disconnected, milliseconds. @defaultValue 30000 */
  readonly stalledMs?: number;
}

/** The open streams of a process. */
export interface EventStreams {
  /**
   * A reply that writes events as they come. It waits for a reader that is slower, and disconnects one that takes nothing any
   * more: what it missed it gets when it resumes.
   * @param events - is left when the reader is gone; an error ends the stream without a last event
   */
  reply(
    events: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>,
    options: { readonly signal: AbortSignal; readonly headers?: Readonly<Record<string, string>> },
  ): Reply;
  metrics(): { readonly open: number; readonly sent: number; readonly stalled: number };
}

/** `no-transform` and `X-Accel-Buffering` keep proxies from collecting events. */
const streamHeaders = { 'Cache-Control': 'no-cache, no-store, no-transform', 'X-Accel-Buffering': 'no' } as const;
/** How soon a browser reconnects, milliseconds. */
const reconnectMs = 1_000;
/** A long event is written piece by piece, so that a slow reader that takes a bit of it is told from one that takes nothing. */
const pieceBytes = 32_768;

export function formatEvent({ id, event, data }: ServerSentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`;
}

/** Cut by bytes: a cut string could fall apart within a character. */
function* piecesOf(text: string): Generator<string | Buffer> {
  if (text.length <= pieceBytes) return yield text;
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) yield bytes.subarray(start, start + pieceBytes);
}

export function createEventStreams({ clock, log, heartbeatMs = 15_000, stalledMs = 30_000 }: EventStreamsOptions): EventStreams {
  const open = new Map<Response, { lastWriteMs: number }>();
  const counts = { sent: 0, stalled: 0 };
  let isBeating = false;

  /** One timer for all streams. A comment keeps connections through proxies alive, and finds those that are gone. */
  function beat(): void {
    const before = clock.nowMs() - heartbeatMs;
    for (const [response, state] of open) {
      // Within an event it always waits for the drain.
      if (state.lastWriteMs > before || response.writableNeedDrain || response.destroyed) continue;
      state.lastWriteMs = clock.nowMs();
      response.write(': heartbeat\n\n');
    }
    isBeating = false;
    startBeating();
  }

  function startBeating(): void {
    if (isBeating || open.size === 0) return;
    isBeating = true;
    clock.setTimer(heartbeatMs / 3, beat);
  }

  /** @returns whether the reader took what was written before */
  function drained(response: Response): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isDrained: boolean) => () => {
        stopTimer();
        response.off('drain', onDrain);
        response.off('close', onClose);
        resolve(isDrained);
      };
      const onDrain = done(true);
      const onClose = done(false);
      const stopTimer = clock.setTimer(stalledMs, () => {
        counts.stalled += 1;
        onClose();
      });
      response.on('drain', onDrain);
      response.on('close', onClose);
    });
  }

  /** @returns whether the reader is still there */
  async function writeEvent(response: Response, text: string): Promise<boolean> {
    for (const piece of piecesOf(text)) {
      if (response.destroyed) return false;
      if (!response.write(piece) && !(await drained(response))) return false;
    }
    return true;
  }

  async function write(response: Response, events: AsyncIterable<ServerSentEvent>): Promise<void> {
    const state = { lastWriteMs: clock.nowMs() };
    open.set(response, state);
    startBeating();
    try {
      response.write(`retry: ${reconnectMs}\n\n`);
      for await (const event of events) {
        counts.sent += 1;
        state.lastWriteMs = clock.nowMs();
        if (!(await writeEvent(response, formatEvent(event)))) {
          response.destroy();
          return;
        }
      }
      response.end();
    } catch (error) {
      // An end without a last event makes the reader resume.
      log.warn({ err: error }, 'a stream of events was broken off');
      response.destroy();
    } finally {
      open.delete(response);
    }
  }

  return {
    reply(events, { signal, headers }) {
      return {
        status: 200,
        contentType: 'text/event-stream',
        headers: { ...streamHeaders, ...headers },
        stream: (response) => void write(response, events(signal)),
      };
    },
    metrics: () => ({ open: open.size, ...counts }),
  };
}
