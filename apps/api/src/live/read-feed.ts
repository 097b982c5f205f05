import type { EventPosition, PlacedEvent } from '@orchestrator/contracts';
import { type ReadStoredDeps, readUnseen } from './read-stored.ts';
import { isTerminalEvent, type RunFeed } from './run-feed.ts';

export interface ReadFeedOptions {
  /** Fires when the reader is gone. */
  readonly signal: AbortSignal;
  /** The process stops; the feed's readers are woken when that changes. */
  readonly isClosed: () => boolean;
}

/** What was told, dropped from the feed and not stored yet comes within 200 ms, or when the store is back. */
const unstoredRetryMs = 100;

/**
 * Every event of a run after a position, in order, each once: from the feed where it reaches back so far, else from the store.
 * Ends after the terminal event, and when the reader or the process leaves.
 * @throws AppError when the store stays away
 */
export async function* readFeed(
  deps: ReadStoredDeps,
  feed: RunFeed,
  after: EventPosition,
  { signal, isClosed }: ReadFeedOptions,
): AsyncGenerator<PlacedEvent> {
  let position = after;
  let wake = (): void => {};
  const leave = (): void => wake();
  signal.addEventListener('abort', leave);

  /** Until `cause` calls back or the reader leaves. Nothing is left behind: a stream may wait a million times. */
  const wait = (cause: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      cause(resolve);
    });

  try {
    while (!signal.aborted && !isClosed()) {
      const isCovered = feed.covers(position);
      const changed = feed.changed();
      const batch = isCovered ? feed.since(position) : await readUnseen(deps, feed.runId, position);
      for (const event of batch) {
        if (signal.aborted) return;
        yield event;
        position = { epoch: event.epoch, seq: event.seq };
        if (isTerminalEvent(event)) return;
      }
      if (batch.length > 0) continue;
      if (!isCovered) await wait((done) => deps.clock.setTimer(unstoredRetryMs, done));
      else if (feed.isEnded) return;
      else await wait((done) => void changed.then(done));
    }
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
