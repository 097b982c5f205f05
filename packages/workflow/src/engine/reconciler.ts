import type { LeaseRef, Wake } from '@orchestrator/contracts';
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
    const { workerId, pollLimit, onCancelRequested } = this.#options;
    const { due, cancelRequested } = await this.#ports.store.dueRuns({ workerId, limit: pollLimit });
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
