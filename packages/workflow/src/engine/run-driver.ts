import {
  AppError,
  type AuditEntry,
  type ClaimedRun,
  type CommitResult,
  type ModelPart,
  type ModelPlanResult,
  type NewApproval,
  packTokens,
  type RunCommit,
  type RunEvent,
  type RunPark,
  type StepRecord,
} from '@orchestrator/contracts';
import type { WorkflowPlan } from '../definition/plan.ts';
import type { MachineEffect, MachineEvent } from '../machine/events.ts';
import { advance, commitTotals } from '../machine/machine.ts';
import { type RunState, restoreRun } from '../machine/state.ts';
import type { Clock, LeaseTelemetry, LiveEvents, Log, Models, Random, RunStore } from '../ports.ts';
import { stepError } from '../step-failure.ts';
import { type RunningAttempt, runAttempt } from './attempt-runner.ts';
import type { Leases } from './leases.ts';

export interface DriverPorts {
  readonly store: RunStore;
  readonly models: Models;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly leases: Leases;
  readonly live: LiveEvents;
  readonly approvalTimeoutMs: number;
  readonly leaseTelemetry?: LeaseTelemetry;
}

/** How a worker's work on a run ended. `lost`: another worker has the lease. */
export type DriveResult =
  | { readonly type: 'finished'; readonly commit: RunCommit }
  | { readonly type: 'parked'; readonly status: RunPark['status']; readonly wakeInMs: number; readonly wakeNo: number }
  | { readonly type: 'lost' };

/** A started step and the pieces of an answer are written down at the latest after this time, also when nothing else needs a commit. */
const lazyFlushMs = 200;
/** Among the timers of steps, which are kept by path: no step can have this one. */
const deadlineTimer = '/';
const firstCommitRetryMs = 100;
const maxCommitRetryMs = 2_000;

type AfterCommit = Extract<MachineEffect, { type: 'run-attempt' | 'set-timer' }>;

/** What the next commit will carry. */
interface Pending {
  /** When its first part came up, by the local clock; null while there is none. */
  sinceMs: number | null;
  steps: Map<string, StepRecord>;
  events: RunEvent[];
  audit: AuditEntry[];
  approvals: NewApproval[];
  transition?: RunCommit['transition'];
  isUrgent: boolean;
}

function nothingPending(): Pending {
  return { sinceMs: null, steps: new Map(), events: [], audit: [], approvals: [], isUrgent: false };
}

/**
 * Drives one claimed run: events in, effects out, one commit at a time.
 *
 * A turn takes every event that has arrived, lets the machine answer, commits what must be durable, and only then
 * starts what the commit allows. So a step starts only when its predecessors' results are stored, and a stale commit
 * stops the run before it can call anybody.
 *
 * Readers are told of events at once if nothing urgent comes with them (a step has started, a piece of an answer has come), and
 * after the commit otherwise: what ends a step or the run is told when it is true. They are told in order.
 */
export class RunDriver {
  readonly #claimed: ClaimedRun;
  readonly #ports: DriverPorts;
  readonly #clockOffsetMs: number;
  readonly #attempts = new Map<string, RunningAttempt>();
  readonly #timers = new Map<string, () => void>();
  readonly #inbox: MachineEvent[] = [];
  #wakeUp: (() => void) | undefined;
  #state: RunState;
  #pending = nothingPending();
  /** What the machine has asked for and may start once the commit before it is stored. */
  #allowed: AfterCommit[] = [];
  #commitNo: number;
  /** Events that readers were not told yet, in order. */
  #untold: RunEvent[] = [];
  #committing: { readonly isHoldingBack: boolean } | undefined;
  #isDriving = false;
  #isLost = false;

  constructor(claimed: ClaimedRun, plan: WorkflowPlan, ports: DriverPorts) {
    this.#claimed = claimed;
    this.#ports = ports;
    this.#clockOffsetMs = claimed.nowMs - ports.clock.nowMs();
    this.#state = restoreRun(plan, claimed, ports);
    this.#commitNo = claimed.commitNo;
  }

  get runId(): string {
    return this.#claimed.runId;
  }

  cancel(): void {
    this.#send({ type: 'cancel-requested', nowMs: this.#nowMs() });
  }

  drain(options: { readonly hard: boolean }): void {
    // Before the first event: what a lost worker may have spent must be booked before the run is given back.
    if (!this.#isDriving) this.#state = { ...this.#state, isDraining: true };
    else this.#send({ type: 'drain', hard: options.hard, nowMs: this.#nowMs() });
  }

  /** The lease is gone: stop without writing. */
  lose(): void {
    this.#isLost = true;
    this.#wakeUp?.();
  }

  async drive(): Promise<DriveResult> {
    this.#isDriving = true;
    try {
      this.#inbox.push({ type: 'resumed', random: this.#ports.random(), nowMs: this.#nowMs() });
      this.#setTimer(deadlineTimer, this.#state.deadlineAtMs, (nowMs) => ({ type: 'deadline', nowMs }));
      for (;;) {
        this.#takeTurn();
        if (this.#isLost) return { type: 'lost' };
        if (this.#pending.isUrgent) {
          const committed = await this.#commit();
          if (committed.result.status === 'stale') return { type: 'lost' };
          const { transition } = committed.commit;
          if (transition?.type === 'finish') return { type: 'finished', commit: committed.commit };
          if (transition?.type === 'park') {
            const { status, wakeInMs } = transition;
            return { type: 'parked', status, wakeInMs, wakeNo: committed.result.wakeNo ?? 0 };
          }
        }
        this.#tell();
        if (!(await this.#startAllowed())) return { type: 'lost' };
        await this.#nextEvent();
      }
    } finally {
      this.#stopEverything();
    }
  }

  #nowMs(): number {
    return this.#ports.clock.nowMs() + this.#clockOffsetMs;
  }

  #send(event: MachineEvent): void {
    this.#inbox.push(event);
    this.#wakeUp?.();
  }

  /** A piece of an answer must not wait for a commit that has nothing to tell itself. */
  #progress(path: string, attempt: number, part: ModelPart): void {
    this.#send({ type: 'attempt-progressed', path, attempt, part, nowMs: this.#nowMs() });
    if (this.#committing?.isHoldingBack !== false || this.#inbox.length > 1) return;
    this.#takeTurn();
    this.#tell();
  }

  #tell(): void {
    if (this.#untold.length === 0) return;
    const events = this.#untold;
    this.#untold = [];
    this.#ports.live.tell(this.#reader, events);
  }

  /** Who reads a live run from its start hears of it without having to ask. */
  get #reader() {
    const { runId, epoch, live, replyTo } = this.#claimed;
    return { runId, epoch, ...(live && replyTo !== undefined && { replyTo }) };
  }

  /** Feeds every waiting event to the machine; planning is answered within the turn. */
  #takeTurn(): void {
    for (let event = this.#inbox.shift(); event !== undefined && !this.#isLost; event = this.#inbox.shift()) {
      const { state, effects } = advance(this.#state, event);
      this.#state = state;
      for (const effect of effects) this.#collect(effect);
    }
  }

  #collect(effect: MachineEffect): void {
    const pending = this.#pending;
    if (effect.type === 'event' || effect.type === 'record') pending.sinceMs ??= this.#ports.clock.nowMs();
    switch (effect.type) {
      case 'plan-model': {
        const { path, attempt } = effect;
        const result = this.#plan(effect);
        this.#inbox.unshift({ type: 'planned', path, attempt, result, random: this.#ports.random(), nowMs: this.#nowMs() });
        return;
      }
      case 'record':
        pending.steps.set(effect.step.path, effect.step);
        this.#ports.leaseTelemetry?.stepChanged(effect.step);
        if (!effect.lazy) pending.isUrgent = true;
        return;
      case 'event':
        pending.events.push(effect.event);
        this.#untold.push(effect.event);
        return;
      case 'audit':
        pending.audit.push(effect.entry);
        pending.isUrgent = true;
        return;
      case 'approval':
        pending.approvals.push(effect.approval);
        pending.isUrgent = true;
        return;
      case 'transition':
        pending.transition = effect.transition;
        pending.isUrgent = true;
        return;
      case 'abort-attempt':
        this.#allowed = this.#allowed.filter(({ type, path }) => type !== 'run-attempt' || path !== effect.path);
        this.#attempts.get(effect.path)?.abort();
        this.#attempts.delete(effect.path);
        return;
      default:
        this.#allowed.push(effect);
    }
  }

  #plan({ request, previous, options }: Extract<MachineEffect, { type: 'plan-model' }>): ModelPlanResult {
    try {
      return this.#ports.models.plan(request, previous, options);
    } catch (error) {
      // A defect in the router must fail the step, not hang the run.
      this.#ports.log.error({ runId: this.runId, error }, 'planning a model call failed');
      return { ok: false, error: stepError('Provider.Unavailable', 'The call could not be planned.', { retryable: false }) };
    }
  }

  /** Stores what is pending; repeats until the store answers, because a result that cost money must not be dropped. */
  async #commit(): Promise<{ commit: RunCommit; result: CommitResult }> {
    const { steps, events, audit, approvals, transition } = this.#pending;
    const untold = this.#untold;
    this.#pending = nothingPending();
    this.#untold = [];
    this.#committing = { isHoldingBack: untold.length > 0 };
    this.#commitNo += 1;
    const commit: RunCommit = {
      runId: this.#claimed.runId,
      epoch: this.#claimed.epoch,
      commitNo: this.#commitNo,
      steps: [...steps.values()],
      events: packTokens(events),
      audit,
      ...(approvals.length > 0 && { approvals }),
      ...commitTotals(this.#state),
      ...(transition !== undefined && { transition }),
    };
    const result = await this.#storeCommit(commit);
    this.#committing = undefined;
    if (result.status === 'committed' && untold.length > 0) this.#ports.live.tell(this.#reader, untold);
    return { commit, result };
  }

  async #storeCommit(commit: RunCommit): Promise<CommitResult> {
    for (let waitMs = firstCommitRetryMs; ; waitMs = Math.min(waitMs * 2, maxCommitRetryMs)) {
      try {
        return await this.#ports.store.commitRun(commit);
      } catch (error) {
        if (!(error instanceof AppError && error.retryable)) throw error;
        if (this.#isLost) return { status: 'stale' };
        this.#ports.log.warn({ runId: this.runId, error, waitMs }, 'a commit could not be stored, trying again');
        await new Promise<void>((resolve) => this.#ports.clock.setTimer(waitMs, resolve));
      }
    }
  }

  /**
   * Starts what the commit allows, unless something arrived meanwhile: a cancellation, the deadline or a shutdown may
   * forbid it, so the machine hears of that first.
   * @returns false when the lease turned out to be lost
   */
  async #startAllowed(): Promise<boolean> {
    for (const effect of this.#allowed) {
      const isModelCall = effect.type === 'run-attempt' && effect.work.type === 'model';
      if (isModelCall && !(await this.#hasLease())) return false;
      if (this.#inbox.length > 0) return true;
      this.#allowed = this.#allowed.slice(1);
      this.#start(effect);
    }
    return true;
  }

  #start(effect: AfterCommit): void {
    if (effect.type === 'set-timer') {
      const { path } = effect;
      return this.#setTimer(path, effect.dueAtMs, (nowMs) => ({ type: 'timer', path, nowMs }));
    }
    this.#attempts.get(effect.path)?.abort();
    const { path, attempt: number } = effect;
    const isRead = this.#claimed.live || this.#ports.live.isFollowed(this.runId);
    const attempt = runAttempt(effect, this.#ports, {
      onEnd: (outcome, latencyMs) => {
        this.#attempts.delete(path);
        this.#send({ ...outcome, latencyMs, nowMs: this.#nowMs() });
      },
      ...(isRead && { onPart: (part: ModelPart) => this.#progress(path, number, part) }),
    });
    this.#attempts.set(effect.path, attempt);
  }

  /** A process that was frozen past its lease asks before it spends money. */
  async #hasLease(): Promise<boolean> {
    const { leases, log } = this.#ports;
    for (let waitMs = firstCommitRetryMs; !leases.isFresh(this.#claimed); waitMs = Math.min(waitMs * 2, maxCommitRetryMs)) {
      if (this.#isLost || !leases.holds(this.runId)) return false;
      try {
        if (await leases.confirm(this.#claimed)) return true;
        if (!leases.holds(this.runId)) return false;
      } catch (error) {
        log.warn({ runId: this.runId, error }, 'a lease could not be confirmed, trying again');
      }
      await new Promise<void>((resolve) => this.#ports.clock.setTimer(waitMs, resolve));
    }
    return true;
  }

  #setTimer(key: string, dueAtMs: number, event: (nowMs: number) => MachineEvent): void {
    this.#timers.get(key)?.();
    const cancel = this.#ports.clock.setTimer(dueAtMs - this.#nowMs(), () => {
      this.#timers.delete(key);
      // Timers may fire a millisecond early; for the machine the moment has come.
      this.#send(event(Math.max(this.#nowMs(), dueAtMs)));
    });
    this.#timers.set(key, cancel);
  }

  /** Waits for an event; what is not stored yet is flushed in time. */
  async #nextEvent(): Promise<void> {
    const { sinceMs } = this.#pending;
    const flushInMs = sinceMs === null ? null : Math.max(0, sinceMs + lazyFlushMs - this.#ports.clock.nowMs());
    if (flushInMs === 0) this.#pending.isUrgent = true;
    if (flushInMs === 0 || this.#inbox.length > 0 || this.#isLost) return;
    let cancelFlush: (() => void) | undefined;
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      if (flushInMs === null) return;
      cancelFlush = this.#ports.clock.setTimer(flushInMs, () => {
        this.#pending.isUrgent = true;
        resolve();
      });
    });
    cancelFlush?.();
    this.#wakeUp = undefined;
  }

  #stopEverything(): void {
    for (const attempt of this.#attempts.values()) attempt.abort();
    for (const cancel of this.#timers.values()) cancel();
    this.#attempts.clear();
    this.#timers.clear();
  }
}
