import {
  type EventPosition,
  eventsStart,
  isAfter,
  isTerminalRunStatus,
  type PlacedEvent,
  type RelayMessage,
  type RunKind,
} from '@orchestrator/contracts';
import type { ApiQueue, ApiStore, Clock, Log } from '../ports.ts';
import { FollowedRun } from './followed-run.ts';
import { readFeed } from './read-feed.ts';
import { readPage } from './read-stored.ts';

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
const tickMs = 250;
const followEveryMs = 5_000;
const maxRunsPerMessage = 10_000;
const unreadMs = 30_000;

/**
 * Follows runs for the readers of this process.
 *
 * One feed per run, fed by messages of the worker that has it and, where these leave a gap or don't come, by the store. Readers
 * pull: each keeps nothing but its position, so a slow one costs no memory, and one that falls too far behind reads the store.
 */
export function createLiveRuns(options: LiveRunsOptions): LiveRuns {
  const { queue, clock, log, topic } = options;
  const runs = new Map<string, FollowedRun>();
  let isClosed = false;
  let isTicking = false;
  let announcedAtMs = 0;

  /** The run as it is followed here already, or else as given. */
  function follow(run: FollowedRun): FollowedRun {
    const { runId, isEnded } = run.feed;
    const known = runs.get(runId);
    if (known !== undefined) return known;
    runs.set(runId, run);
    run.start();
    if (!run.isAnnounced && !isEnded) queueMicrotask(announceNew);
    startTicking();
    return run;
  }

  function forget(run: FollowedRun): void {
    const { runId } = run.feed;
    if (run.readers > 0 || runs.get(runId) !== run) return;
    runs.delete(runId);
    run.stop();
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
    const fresh = [...runs.values()].filter(({ isAnnounced, feed }) => !isAnnounced && !feed.isEnded);
    for (const run of fresh) run.isAnnounced = true;
    announce(fresh.map(({ feed }) => feed.runId));
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
    for (const run of runs.values()) if (nowMs > run.sinceMs + unreadMs) forget(run);
    const open = [...runs.values()].filter(({ feed }) => !feed.isEnded);
    if (nowMs >= announcedAtMs + followEveryMs) {
      announcedAtMs = nowMs;
      announce(open.map(({ feed }) => feed.runId));
    }
    for (const run of open) run.poll();
    if (runs.size > 0) {
      isTicking = true;
      clock.setTimer(tickMs, tick);
    }
  }

  async function* read(candidate: FollowedRun, after: EventPosition, signal: AbortSignal): AsyncGenerator<PlacedEvent> {
    const run = follow(candidate);
    // Read when it had ended already, while others here still wait for the news.
    if (candidate.feed.isEnded && !run.feed.isEnded) run.catchUp();
    run.readers += 1;
    try {
      yield* readFeed(options, run.feed, after, { signal, isClosed: () => isClosed });
    } finally {
      run.readers -= 1;
      forget(run);
    }
  }

  return {
    expect({ runId, kind, workflowName }) {
      const run = new FollowedRun(runId, eventsStart, options);
      run.isAnnounced = true;
      const accepted = { epoch: 0, seq: 1, type: 'run-accepted', data: { kind, workflowName }, atMs: clock.nowMs() } as const;
      run.feed.fill([accepted], false);
      follow(run);
      return () => forget(run);
    },
    async open(runId, after = eventsStart) {
      const known = runs.get(runId);
      if (known !== undefined) return { isOver: false, events: (signal) => read(known, after, signal) };
      const page = await readPage(options, runId, after);
      if (page === null) return null;
      const hasEnded = isTerminalRunStatus(page.status);
      const run = new FollowedRun(runId, page.last, options);
      if (hasEnded) run.feed.fill([], true);
      return { isOver: hasEnded && !isAfter(page.last, after), events: (signal) => read(run, after, signal) };
    },
    onEvents(message) {
      for (const { runId, epoch, events } of message.runs) {
        const run = runs.get(runId);
        if (run === undefined) continue;
        run.sawNews();
        const hasGap = run.feed.tell(events.map((event) => ({ ...event, epoch })));
        if (hasGap) run.catchUp();
      }
    },
    count: () => ({ runs: runs.size, readers: [...runs.values()].reduce((sum, { readers }) => sum + readers, 0) }),
    close() {
      isClosed = true;
      for (const run of runs.values()) {
        run.stop();
        run.feed.wakeReaders();
      }
    },
  };
}
