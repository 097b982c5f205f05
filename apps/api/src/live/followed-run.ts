import { type EventPosition, isAfter, isTerminalRunStatus } from '@orchestrator/contracts';
import type { ApiStore, Clock, Log } from '../ports.ts';
import { tenantId } from '../tenant.ts';
import { pageRows } from './read-stored.ts';
import { RunFeed } from './run-feed.ts';

export interface FollowedRunDeps {
  readonly store: Pick<ApiStore, 'readEvents'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Without news of a run for this long the store is asked: messages may get lost. Doubles while nothing happens. */
const firstPollMs = 1_000;
const maxPollMs = 5_000;
/** A gap is stored by the worker within 200 ms, or never if it is lost. */
const firstGapRetryMs = 50;
const maxGapRetryMs = 1_000;

/** A run that somebody follows here: its feed, and the store where messages leave a gap or don't come. */
export class FollowedRun {
  readonly feed: RunFeed;
  readonly #deps: FollowedRunDeps;
  #pollMs = firstPollMs;
  #nextPollAtMs: number;
  #gapRetryMs = firstGapRetryMs;
  #isReading = false;
  #isStopped = false;
  #stopRetry: (() => void) | undefined;
  readers = 0;
  readonly sinceMs: number;
  /** The workers know that this process follows. */
  isAnnounced = false;

  /** @param start - what is stored up to here is not needed */
  constructor(runId: string, start: EventPosition, deps: FollowedRunDeps) {
    this.feed = new RunFeed(runId, start);
    this.#deps = deps;
    this.sinceMs = deps.clock.nowMs();
    this.#nextPollAtMs = this.sinceMs + firstPollMs;
  }

  /** Something was heard of the run: messages come through. */
  sawNews(): void {
    this.#pollMs = firstPollMs;
    this.#nextPollAtMs = this.#deps.clock.nowMs() + firstPollMs;
  }

  /** Asks the store when nothing was heard for long. */
  poll(): void {
    const nowMs = this.#deps.clock.nowMs();
    if (this.feed.isEnded || nowMs < this.#nextPollAtMs) return;
    this.#pollMs = Math.min(this.#pollMs * 2, maxPollMs);
    this.#nextPollAtMs = nowMs + this.#pollMs;
    this.catchUp();
  }

  /** Brings the feed up to what is stored; what is told and not stored yet stays held. While it is at it, nothing new begins. */
  catchUp(): void {
    if (this.#isReading || this.#stopRetry !== undefined) return;
    this.#isReading = true;
    void this.#readOn().finally(() => {
      this.#isReading = false;
      if (this.#isStopped) return;
      if (this.feed.hasGap) this.#retryLater();
      else this.#gapRetryMs = firstGapRetryMs;
    });
  }

  /** Somebody follows, perhaps again. */
  start(): void {
    this.#isStopped = false;
  }

  /** Nobody follows any more. */
  stop(): void {
    this.#isStopped = true;
    this.#stopRetry?.();
    this.#stopRetry = undefined;
  }

  async #readOn(): Promise<void> {
    const { feed } = this;
    try {
      for (let isFull = true; isFull; ) {
        const before = feed.last;
        const stored = await this.#deps.store.readEvents({ tenantId, runId: feed.runId, after: before, limit: pageRows });
        if (stored === null) return;
        isFull = stored.events.length === pageRows;
        feed.fill(stored.events, !isFull && isTerminalRunStatus(stored.status));
        if (isAfter(feed.last, before)) this.sawNews();
      }
    } catch (error) {
      this.#deps.log.warn({ err: error, runId: feed.runId }, 'events of a run could not be read, trying again');
    }
  }

  #retryLater(): void {
    this.#stopRetry = this.#deps.clock.setTimer(this.#gapRetryMs, () => {
      this.#stopRetry = undefined;
      this.catchUp();
    });
    this.#gapRetryMs = Math.min(this.#gapRetryMs * 2, maxGapRetryMs);
  }
}
