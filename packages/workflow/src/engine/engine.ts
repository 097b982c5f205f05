import { AppError, type ClaimedRun, type LeaseRef, type Wake, type WakeJob } from '@orchestrator/contracts';
import type { WorkflowPlan } from '../definition/plan.ts';
import { maxLostWorkers } from '../machine/machine.ts';
import { defaultApprovalTimeoutMs } from '../machine/state.ts';
import type { Clock, LiveEvents, Log, Models, Random, RunQueue, RunStore, RunTelemetry } from '../ports.ts';
import { forceFailCommit } from './force-fail.ts';
import { leaseEndOf } from './lease-end.ts';
import { Leases } from './leases.ts';
import { PlanCache } from './plan-cache.ts';
import { Reconciler } from './reconciler.ts';
import { type DriveResult, RunDriver } from './run-driver.ts';

export interface EnginePorts {
  readonly store: RunStore;
  readonly queue: RunQueue;
  readonly models: Models;
  /** @defaultValue nobody reads along */
  readonly live?: LiveEvents;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Unique ids for claims. */
  readonly newToken: () => string;
  /** @defaultValue nobody listens */
  readonly telemetry?: RunTelemetry;
}

export interface EngineOptions {
  /** Unique per process start. */
  readonly workerId: string;
  /** What the store grants per claim and renewal, milliseconds. */
  readonly leaseMs: number;
  /** @defaultValue leaseMs / 3.5 */
  readonly renewEveryMs?: number;
  /** Time between reconciler polls, milliseconds. @defaultValue 1000 */
  readonly pollEveryMs?: number;
  /** Runs taken from one poll at most. @defaultValue 500 */
  readonly pollLimit?: number;
  /** Runs that this process executes at once without the queue, while the queue is down. @defaultValue 50 */
  readonly maxUnqueuedRuns?: number;
  /** How long somebody may take to decide about an approval, milliseconds. @defaultValue 86400000 (24 h) */
  readonly approvalTimeoutMs?: number;
}

/** Workers that may be lost while the machine ends a poisoned run, before the run is ended without the machine. */
const maxLostEndings = 3;
/** How long a run waits for a worker that can read its definition. */
const unreadableRetryMs = 10_000;
/** For so long a claim that the store did not answer is asked again: over a restart of Postgres. */
const claimRetryMs = 30_000;
const firstRetryMs = 100;
const maxRetryMs = 2_000;

const nobodyReads: LiveEvents = { isFollowed: () => false, tell() {} };

/** Counters since the start, for metrics and tests. */
export interface EngineCounts {
  readonly claimed: number;
  readonly finished: number;
  readonly parked: number;
  readonly lost: number;
  readonly takeovers: number;
  readonly active: number;
}

/** The part of a worker process that executes runs. Everything outside comes through ports. */
export class Engine {
  readonly #ports: EnginePorts;
  readonly #workerId: string;
  readonly #leases: Leases;
  readonly #plans: PlanCache;
  readonly #reconciler: Reconciler;
  readonly #drivers = new Map<string, RunDriver>();
  readonly #counts = { claimed: 0, finished: 0, parked: 0, lost: 0, takeovers: 0 };
  readonly #approvalTimeoutMs: number;
  #isDraining = false;
  #idle: (() => void) | undefined;

  constructor(ports: EnginePorts, options: EngineOptions) {
    const { leaseMs, workerId } = options;
    this.#ports = ports;
    this.#workerId = workerId;
    this.#approvalTimeoutMs = options.approvalTimeoutMs ?? defaultApprovalTimeoutMs;
    this.#plans = new PlanCache(ports.store);
    this.#leases = new Leases({ ...ports, leaseMs, renewEveryMs: options.renewEveryMs ?? leaseMs / 3.5 });
    this.#reconciler = new Reconciler(ports, {
      workerId,
      pollEveryMs: options.pollEveryMs ?? 1_000,
      pollLimit: options.pollLimit ?? 500,
      maxUnqueuedRuns: options.maxUnqueuedRuns ?? 50,
      outageMs: leaseMs / 2,
      graceMs: leaseMs / 2,
      onCancelRequested: (leases) => this.cancel(leases.map((lease) => lease.runId)),
      execute: (wake) => this.handleWake(wake),
    });
  }

  get counts(): EngineCounts {
    return { ...this.#counts, active: this.#drivers.size };
  }

  /** Starts renewing leases and looking for due runs. */
  start(): void {
    this.#leases.start();
    this.#reconciler.start();
  }

  /**
   * Executes the run behind a wake-up until it is finished, parked or lost. Wake-ups may be repeated, late or wrong: a
   * run that needs nothing is left alone.
   */
  async handleWake(job: WakeJob): Promise<void> {
    const { runId } = job;
    if (this.#isDraining || this.#drivers.has(runId)) return;
    const { askedAtMs, claimed } = await this.#claim(runId);
    if (claimed === null) return;
    this.#counts.claimed += 1;
    if (claimed.isTakeover) this.#counts.takeovers += 1;
    await this.#execute(claimed, askedAtMs);
  }

  /** Aborts those of these runs that this process executes. */
  cancel(runIds: readonly string[]): void {
    for (const runId of runIds) this.#drivers.get(runId)?.cancel();
  }

  /**
   * Stops taking work, lets attempts in flight end, and gives unfinished runs back. Resolves when no run is left here.
   * @param softMs - after this time attempts still in flight are aborted, milliseconds
   */
  async drain(softMs: number): Promise<void> {
    this.#isDraining = true;
    this.#reconciler.stop();
    for (const driver of this.#drivers.values()) driver.drain({ hard: false });
    if (this.#drivers.size > 0) {
      const cancelTimer = this.#ports.clock.setTimer(softMs, () => {
        for (const driver of this.#drivers.values()) driver.drain({ hard: true });
      });
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      cancelTimer();
    }
    this.#leases.stop();
  }

  /**
   * Repeats a claim whose answer was lost, with the same token: it may have been granted, and a lease that nobody uses runs
   * out as if its worker had died in mid-call, which costs the run a worst case that was never spent.
   */
  async #claim(runId: string): Promise<{ readonly askedAtMs: number; readonly claimed: ClaimedRun | null }> {
    const { clock, store, newToken } = this.#ports;
    const token = newToken();
    const firstAskedAtMs = clock.nowMs();
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, maxRetryMs)) {
      const askedAtMs = clock.nowMs();
      try {
        return { askedAtMs, claimed: await store.claimRun({ runId, workerId: this.#workerId, token }) };
      } catch (error) {
        const isWorthIt = error instanceof AppError && error.retryable && !this.#isDraining;
        if (!isWorthIt || clock.nowMs() + waitMs > firstAskedAtMs + claimRetryMs) throw error;
      }
      await this.#pause(waitMs);
    }
  }

  #pause(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#ports.clock.setTimer(waitMs, resolve);
    });
  }

  async #execute(claimed: ClaimedRun, askedAtMs: number): Promise<void> {
    const lease: LeaseRef = { runId: claimed.runId, epoch: claimed.epoch };
    const { log } = this.#ports;
    const leaseTelemetry = this.#ports.telemetry?.leaseStarted(claimed);
    let driver: RunDriver | undefined;
    let result: DriveResult | undefined;
    try {
      // The machine ends a run that lost too many workers. If it stays where it is, the machine itself can't, and then
      // the accounts of its attempts are closed less exactly.
      if (claimed.lostCount >= maxLostWorkers + maxLostEndings) {
        result = await this.#forceFail(claimed);
        return;
      }
      this.#leases.hold(lease, askedAtMs, () => driver?.lose());
      const plan = await this.#planOf(claimed);
      if (plan === null) return;
      driver = new RunDriver(claimed, plan, {
        ...this.#ports,
        live: this.#ports.live ?? nobodyReads,
        leases: this.#leases,
        approvalTimeoutMs: this.#approvalTimeoutMs,
        ...(leaseTelemetry !== undefined && { leaseTelemetry }),
      });
      this.#drivers.set(claimed.runId, driver);
      if (this.#isDraining) driver.drain({ hard: false });
      result = await driver.drive();
      this.#conclude(claimed, result);
    } catch (error) {
      // A defect or a store that refuses: the lease runs out and the run is found again.
      log.error({ runId: claimed.runId, error }, 'a run could not be executed');
    } finally {
      leaseTelemetry?.ended(leaseEndOf(result));
      this.#leases.release(lease);
      this.#drivers.delete(claimed.runId);
      if (this.#drivers.size === 0) this.#idle?.();
    }
  }

  async #forceFail(claimed: ClaimedRun): Promise<DriveResult> {
    const commit = forceFailCommit(claimed);
    this.#ports.log.error({ runId: claimed.runId, lostCount: claimed.lostCount }, 'a run that nobody can execute was ended');
    const { status } = await this.#ports.store.commitRun(commit);
    if (status !== 'committed') return { type: 'lost' };
    const result: DriveResult = { type: 'finished', commit };
    this.#conclude(claimed, result);
    return result;
  }

  /**
   * The run's plan; null when the lease is lost, or after giving back a run that this version can't read (a newer one may).
   * An unreachable store is asked until it answers, as for a commit: leaving would look like a worker lost in mid-call.
   */
  async #planOf(claimed: ClaimedRun): Promise<WorkflowPlan | null> {
    const { runId } = claimed;
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(waitMs * 2, maxRetryMs)) {
      try {
        const plan = await this.#plans.get(claimed);
        return this.#leases.holds(runId) ? plan : null;
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) return await this.#giveBack(claimed, error);
        this.#ports.log.warn({ runId, error, waitMs }, 'the definition of a run could not be read, trying again');
      }
      await this.#pause(waitMs);
      if (!this.#leases.holds(runId)) return null;
    }
  }

  async #giveBack(claimed: ClaimedRun, error: unknown): Promise<null> {
    this.#ports.log.error({ runId: claimed.runId, error }, 'the definition of a run is not readable by this version');
    await this.#ports.store.commitRun({
      runId: claimed.runId,
      epoch: claimed.epoch,
      commitNo: claimed.commitNo + 1,
      steps: [],
      events: [
        {
          seq: claimed.seq + 1,
          type: 'run-parked',
          data: { reason: 'definition-unreadable', wakeInMs: unreadableRetryMs },
          atMs: claimed.nowMs,
        },
      ],
      audit: [],
      costNanoUsd: claimed.costNanoUsd,
      reservedNanoUsd: 0,
      lostCount: claimed.lostCount,
      inFlight: claimed.inFlight,
      transition: { type: 'park', status: 'waiting', wakeInMs: unreadableRetryMs },
    });
    return null;
  }

  #conclude(claimed: ClaimedRun, result: DriveResult): void {
    const { queue, log } = this.#ports;
    const { runId, kind, epoch, priority, replyTo } = claimed;
    this.#counts[result.type] += 1;
    if (result.type === 'finished') {
      if (replyTo !== undefined) queue.notifyReply(replyTo, runId);
      const { transition, costNanoUsd } = result.commit;
      log.info({ runId, kind, workflow: claimed.workflowName, status: transition?.status, costNanoUsd, epoch }, 'run finished');
      return;
    }
    if (result.type === 'lost') {
      log.warn({ runId, epoch }, 'the lease of a run was lost, its work here is dropped');
      return;
    }
    // Nobody knows how long it will take: whoever waits for the result hears of it now.
    if (result.status === 'waiting_approval' && replyTo !== undefined) queue.notifyReply(replyTo, runId);
    const wake: Wake = { runId, kind, epoch, wakeNo: result.wakeNo, priority, delayMs: result.wakeInMs };
    // The queue only makes it prompt: the reconciler finds the run by its wake_at.
    queue.wake([wake]).catch((error: unknown) => log.warn({ runId, error }, 'a parked run could not be enqueued'));
  }
}
