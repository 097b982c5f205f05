import {
  AppError,
  type EventPosition,
  eventsStart,
  isAfter,
  isTerminalRunStatus,
  type PlacedEvent,
  type RelayMessage,
  type RunKind,
  type StoredEvents,
  unpackTokens,
} from '@orchestrator/contracts';
import type { ApiQueue, ApiStore, Clock, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { isTerminalEvent, RunFeed } from './run-feed.ts';

/** A reader's view of a run. */
export interface RunEvents {
  /** Nothing comes after the reader's position any more. */
  readonly isOver: boolean;
  /**
   * Every event after the position, in order, each once; ends after the terminal event, when the signal fires and when the
   * process stops. To be read at most once.
   * @throws AppError from the iterator when the store stays away
   */
  events(signal: AbortSignal): AsyncIterable<PlacedEvent>;
}

export interface LiveRuns {
  /**
   * Prepares to follow a run that is about to be accepted with this process as `replyTo`: nothing is read from the store
   * unless something gets lost.
   * @returns forgets it again, if nobody follows
   */
  expect(run: { readonly runId: string; readonly kind: RunKind; readonly workflowName: string }): () => void;
  /** @returns null when there is no such run */
  open(runId: string, after?: EventPosition): Promise<RunEvents | null>;
  /** To be called with each `run-events` message. */
  onEvents(message: Extract<RelayMessage, { type: 'run-events' }>): void;
  /** Runs that are followed, and their readers. */
  count(): { readonly runs: number; readonly readers: number };
  /** Lets every reader go, now and from now on. */
  close(): void;
}

export interface LiveRunsOptions {
  readonly store: Pick<ApiStore, 'readEvents'>;
  readonly queue: Pick<ApiQueue, 'publish'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Relay topic of this process. */
  readonly topic: string;
}

/** Topic on which every worker listens. */
const controlTopic = 'control';
const pageRows = 200;
const tickMs = 250;
/** Without news of a run for this long the store is asked: messages may get lost. Doubles while nothing happens. */
const firstPollMs = 1_000;
const maxPollMs = 5_000;
/** A gap is stored by the worker within 200 ms, or never if it is lost. */
const firstGapRetryMs = 50;
const maxGapRetryMs = 1_000;
const followEveryMs = 5_000;
const maxRunsPerMessage = 10_000;
const unreadMs = 30_000;
/** A store that fails is asked again this often before readers are let go: they resume. */
const maxReadTries = 5;

interface Followed {
  readonly feed: RunFeed;
  readonly sinceMs: number;
  readers: number;
  pollMs: number;
  nextPollAtMs: number;
  gapRetryMs: number;
  /** The workers know that this process follows. */
  isAnnounced: boolean;
  reading: Promise<void> | null;
}

/**
 * Follows runs for the readers of this process.
 *
 * One feed per run, fed by messages of the worker that has it and, where these leave a gap or don't come, by the store. Readers
 * pull: each keeps nothing but its position, so a slow one costs no memory, and one that falls too far behind reads the store.
 */
export function createLiveRuns({ store, queue, clock, log, topic }: LiveRunsOptions): LiveRuns {
  const runs = new Map<string, Followed>();
  let isClosed = false;
  let isTicking = false;
  let announcedAtMs = 0;

  function add(runId: string, start: EventPosition, isAnnounced: boolean): Followed {
    const followed: Followed = {
      feed: new RunFeed(runId, start),
      sinceMs: clock.nowMs(),
      readers: 0,
      pollMs: firstPollMs,
      nextPollAtMs: clock.nowMs() + firstPollMs,
      gapRetryMs: firstGapRetryMs,
      isAnnounced,
      reading: null,
    };
    runs.set(runId, followed);
    if (!isAnnounced) queueMicrotask(announceNew);
    startTicking();
    return followed;
  }

  function announce(runIds: readonly string[]): void {
    for (let start = 0; start < runIds.length; start += maxRunsPerMessage) {
      const message = { type: 'follow' as const, topic, runIds: runIds.slice(start, start + maxRunsPerMessage) };
      queue.publish(controlTopic, message).catch((error: unknown) => {
        log.warn({ err: error }, 'workers were not told which runs are followed, the store is polled meanwhile');
      });
    }
  }

  /** Runs that came up in one turn share a message. */
  function announceNew(): void {
    const fresh = [...runs].filter(([, followed]) => !followed.isAnnounced);
    for (const [, followed] of fresh) followed.isAnnounced = true;
    announce(fresh.map(([runId]) => runId));
  }

  function startTicking(): void {
    if (isTicking || isClosed) return;
    isTicking = true;
    announcedAtMs = clock.nowMs();
    clock.setTimer(tickMs, tick);
  }

  function tick(): void {
    isTicking = false;
    if (isClosed) return;
    const nowMs = clock.nowMs();
    // Whoever was expected and never read: its client left before the first byte.
    for (const [runId, { readers, sinceMs }] of runs) if (readers === 0 && nowMs > sinceMs + unreadMs) runs.delete(runId);
    const open = [...runs].filter(([, { feed }]) => !feed.isEnded);
    if (nowMs >= announcedAtMs + followEveryMs) {
      announcedAtMs = nowMs;
      announce(open.map(([runId]) => runId));
    }
    for (const [, followed] of open) {
      if (nowMs < followed.nextPollAtMs) continue;
      followed.pollMs = Math.min(followed.pollMs * 2, maxPollMs);
      followed.nextPollAtMs = nowMs + followed.pollMs;
      void catchUp(followed);
    }
    if (runs.size > 0) {
      isTicking = true;
      clock.setTimer(tickMs, tick);
    }
  }

  function sawNews(followed: Followed): void {
    followed.pollMs = firstPollMs;
    followed.nextPollAtMs = clock.nowMs() + firstPollMs;
  }

  /** Brings a feed up to what is stored; what is told and not stored yet stays held. */
  function catchUp(followed: Followed): Promise<void> {
    followed.reading ??= readOn(followed).finally(() => {
      followed.reading = null;
    });
    return followed.reading;
  }

  async function readOn(followed: Followed): Promise<void> {
    const { feed } = followed;
    try {
      for (;;) {
        const before = feed.last;
        const stored = await store.readEvents({ tenantId, runId: feed.runId, after: before, limit: pageRows });
        if (stored === null) return;
        const isFull = stored.events.length === pageRows;
        feed.fill(stored.events, !isFull && isTerminalRunStatus(stored.status));
        if (isAfter(feed.last, before)) sawNews(followed);
        if (isFull) continue;
        if (!feed.hasGap) followed.gapRetryMs = firstGapRetryMs;
        else retryGap(followed);
        return;
      }
    } catch (error) {
      log.warn({ err: error, runId: feed.runId }, 'events of a run could not be read, trying again');
    }
  }

  function retryGap(followed: Followed): void {
    clock.setTimer(followed.gapRetryMs, () => {
      if (!isClosed && runs.get(followed.feed.runId) === followed) void catchUp(followed);
    });
    followed.gapRetryMs = Math.min(followed.gapRetryMs * 2, maxGapRetryMs);
  }

  async function readPage(runId: string, after: EventPosition): Promise<StoredEvents | null> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.readEvents({ tenantId, runId, after, limit: pageRows });
      } catch (error) {
        if (!(error instanceof AppError && error.retryable) || tries === maxReadTries) throw error;
        await new Promise<void>((resolve) => clock.setTimer(200 * tries, resolve));
      }
    }
  }

  async function* read(followed: Followed, after: EventPosition, signal: AbortSignal): AsyncGenerator<PlacedEvent> {
    const { feed } = followed;
    const gone = Promise.withResolvers<void>();
    const leave = () => gone.resolve();
    signal.addEventListener('abort', leave);
    let position = after;
    followed.readers += 1;
    try {
      while (!signal.aborted && !isClosed) {
        const isCovered = feed.covers(position);
        const changed = feed.changed();
        const batch = isCovered ? feed.since(position) : await unseen(feed.runId, position);
        for (const event of batch) {
          if (signal.aborted) return;
          yield event;
          position = event;
          if (isTerminalEvent(event)) return;
        }
        if (batch.length > 0) continue;
        // Behind the feed and nothing stored in between: a position that this run never had.
        if (!isCovered) position = feed.last;
        else if (feed.isEnded) return;
        else await Promise.race([changed, gone.promise]);
      }
    } finally {
      signal.removeEventListener('abort', leave);
      followed.readers -= 1;
      if (followed.readers === 0 && runs.get(feed.runId) === followed) runs.delete(feed.runId);
    }
  }

  async function unseen(runId: string, position: EventPosition): Promise<readonly PlacedEvent[]> {
    const page = await readPage(runId, position);
    return (page?.events ?? []).flatMap(unpackTokens).filter((event) => isAfter(event, position));
  }

  return {
    expect({ runId, kind, workflowName }) {
      const followed = add(runId, eventsStart, true);
      const accepted = { epoch: 0, seq: 1, type: 'run-accepted', data: { kind, workflowName }, atMs: clock.nowMs() } as const;
      followed.feed.tell([accepted]);
      return () => {
        if (followed.readers === 0 && runs.get(runId) === followed) runs.delete(runId);
      };
    },
    async open(runId, after = eventsStart) {
      const known = runs.get(runId);
      if (known !== undefined) {
        return { isOver: false, events: (signal) => read(runs.get(runId) ?? known, after, signal) };
      }
      const page = await readPage(runId, after);
      if (page === null) return null;
      const isOver = isTerminalRunStatus(page.status) && page.events.length === 0;
      return {
        isOver,
        events(signal) {
          const followed = runs.get(runId) ?? add(runId, page.last, false);
          if (isTerminalRunStatus(page.status)) followed.feed.fill([], true);
          return read(followed, after, signal);
        },
      };
    },
    onEvents(message) {
      for (const { runId, epoch, events } of message.runs) {
        const followed = runs.get(runId);
        if (followed === undefined) continue;
        sawNews(followed);
        const hasGap = followed.feed.tell(events.map((event) => ({ ...event, epoch })));
        if (hasGap) void catchUp(followed);
      }
    },
    count: () => ({ runs: runs.size, readers: [...runs.values()].reduce((sum, { readers }) => sum + readers, 0) }),
    close() {
      isClosed = true;
      for (const { feed } of runs.values()) feed.wakeReaders();
    },
  };
}
