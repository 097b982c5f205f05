import type { DueRuns, LeaseRef, Wake } from '@orchestrator/contracts';
import type { Clock, Log, Random, RunQueue, RunStore } from '../ports.ts';

export interface ReconcilerPorts {
  readonly store: RunStore;
  readonly queue: RunQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ReconcilerOptions {
  readonly workerId: string;
  readonly pollEveryMs: number;
  readonly pollLimit: number;
  readonly maxUnqueuedRuns: number;
  /** After an outage of the store longer than this, milliseconds, leases may have run out although their holders live. */
  readonly outageMs: number;
  /** Time that holders then get to renew before anybody takes over, milliseconds. */
  readonly graceMs: number;
  readonly onCancelRequested: (leases: readonly LeaseRef[]) => void;
  readonly execute: (wake: Wake) => Promise<void>;
}

/**
 * Finds every run that somebody must look at and wakes it: new runs whose wake-up was lost, due timers, runs of dead
 * workers, everything that a flushed queue forgot. While the queue is down it executes a bounded number itself.
 */
export class Reconciler {
  readonly #ports: ReconcilerPorts;
  readonly #options: ReconcilerOptions;
  #isRunning = false;
  #cancelTimer: (() => void) | undefined;
  #unqueued = 0;
  #failingSinceMs: number | null = null;
  #graceUntilMs = 0;

  constructor(ports: ReconcilerPorts, options: ReconcilerOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule(0);
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelTimer?.();
  }

  #schedule(delayMs: number): void {
    if (!this.#isRunning) return;
    this.#cancelTimer = this.#ports.clock.setTimer(delayMs, () => void this.#pollAndSchedule());
  }

  async #pollAndSchedule(): Promise<void> {
    const { pollEveryMs } = this.#options;
    let hasMore = false;
    try {
      hasMore = await this.#poll();
    } catch (error) {
      this.#ports.log.warn({ error }, 'due runs could not be read');
    }
    this.#schedule(hasMore ? 0 : pollEveryMs * (0.9 + 0.2 * this.#ports.random()));
  }

  /** @returns whether more may be due right now */
  async #poll(): Promise<boolean> {
    const { onCancelRequested, pollLimit } = this.#options;
    const { due, cancelRequested } = await this.#ask();
    if (cancelRequested.length > 0) onCancelRequested(cancelRequested);
    if (due.length === 0) return false;
    try {
      await this.#ports.queue.wake(due);
      return due.length >= pollLimit;
    } catch (error) {
      this.#ports.log.warn({ error, due: due.length }, 'the queue takes no wake-ups, executing due runs without it');
      this.#executeUnqueued(due);
      return false;
    }
  }

  /** Asks for no runs, only for cancellations, while holders renew what ran out during an outage. */
  async #ask(): Promise<DueRuns> {
    const { clock, store } = this.#ports;
    const { workerId, pollLimit, outageMs, graceMs } = this.#options;
    const askedAtMs = clock.nowMs();
    const isAfterOutage = this.#failingSinceMs !== null && askedAtMs - this.#failingSinceMs > outageMs;
    const limit = isAfterOutage || askedAtMs < this.#graceUntilMs ? 0 : pollLimit;
    try {
      const answer = await store.dueRuns({ workerId, limit });
      if (isAfterOutage) this.#graceUntilMs = clock.nowMs() + graceMs;
      this.#failingSinceMs = null;
      return answer;
    } catch (error) {
      this.#failingSinceMs ??= askedAtMs;
      throw error;
    }
  }

  #executeUnqueued(due: readonly Wake[]): void {
    for (const wake of due.slice(0, Math.max(0, this.#options.maxUnqueuedRuns - this.#unqueued))) {
      this.#unqueued += 1;
      this.#options
        .execute(wake)
        .catch((error: unknown) => this.#ports.log.warn({ runId: wake.runId, error }, 'a due run could not be claimed'))
        .finally(() => {
          this.#unqueued -= 1;
        });
    }
  }
}
