import type { LeaseRef } from '@orchestrator/contracts';
import type { Clock, Log, RunStore } from '../ports.ts';

interface HeldLease {
  readonly epoch: number;
  /** Local clock: until then no other worker can have taken the run. */
  validUntilMs: number;
  readonly onLost: () => void;
}

export interface LeasesOptions {
  readonly store: RunStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Must be what the store grants. */
  readonly leaseMs: number;
  /** Time between renewals of everything held; well under half of `leaseMs`. */
  readonly renewEveryMs: number;
}

/**
 * The leases that this process holds, renewed together in one call. A lease that could not be renewed in time is not
 * given up at once: the database decides, at the next renewal or commit, whether somebody else has it.
 */
export class Leases {
  readonly #options: LeasesOptions;
  readonly #held = new Map<string, HeldLease>();
  #cancelTimer: (() => void) | undefined;
  #isRunning = false;

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isRunning = true;
    this.#schedule();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancelTimer?.();
  }

  /** @param askedAtMs - local clock before the claim was sent: the lease can't end earlier than `leaseMs` after it */
  hold(lease: LeaseRef, askedAtMs: number, onLost: () => void): void {
    this.#held.set(lease.runId, { epoch: lease.epoch, validUntilMs: askedAtMs + this.#options.leaseMs, onLost });
  }

  release(lease: LeaseRef): void {
    if (this.#held.get(lease.runId)?.epoch === lease.epoch) this.#held.delete(lease.runId);
  }

  holds(runId: string): boolean {
    return this.#held.has(runId);
  }

  /** Whether nobody else can hold this lease now. */
  isFresh(lease: LeaseRef): boolean {
    const held = this.#held.get(lease.runId);
    return held !== undefined && held.epoch === lease.epoch && this.#options.clock.nowMs() < held.validUntilMs;
  }

  /** Asks the database about one lease; needed before a vendor call when the process was frozen. */
  async confirm(lease: LeaseRef): Promise<boolean> {
    await this.#renew([lease]);
    return this.isFresh(lease);
  }

  #schedule(): void {
    if (!this.#isRunning) return;
    this.#cancelTimer = this.#options.clock.setTimer(this.#options.renewEveryMs, () => {
      const all = [...this.#held].map(([runId, { epoch }]) => ({ runId, epoch }));
      this.#renew(all)
        .catch((error: unknown) => this.#options.log.warn({ error, leases: all.length }, 'leases could not be renewed'))
        .finally(() => this.#schedule());
    });
  }

  async #renew(leases: readonly LeaseRef[]): Promise<void> {
    if (leases.length === 0) return;
    const askedAtMs = this.#options.clock.nowMs();
    const lost = await this.#options.store.renewLeases(leases);
    const lostIds = new Set(lost.map(({ runId, epoch }) => `${runId}.${epoch}`));
    for (const { runId, epoch } of leases) {
      const held = this.#held.get(runId);
      if (held === undefined || held.epoch !== epoch) continue;
      if (lostIds.has(`${runId}.${epoch}`)) {
        this.#held.delete(runId);
        held.onLost();
      } else held.validUntilMs = askedAtMs + this.#options.leaseMs;
    }
  }
}
