import type { StepRecord } from '@orchestrator/contracts';
import { stepError } from '../step-failure.ts';
import { abandonInFlight, attemptRecord, bookAbandoned, bookAttempt, type EventOf } from './attempts.ts';
import { dataLength, extrasLength, maxDataLength } from './data-length.ts';
import type { CommitTotals, MachineEffect, MachineEvent } from './events.ts';
import { cancelRun, failRun } from './finish.ts';
import { attemptFailed, planned, resumeApproval } from './model-calls.ts';
import { attemptProgressed, takeBack, takeBackLost } from './progress.ts';
import type { RunState } from './state.ts';
import { completeStep, failStep, follow, plannedStep, resumeAttempt, startStep, tooMuchData } from './steps.ts';
import { activeSteps, beginTurn, emit, putStep, stepIn, type Turn, withoutWait } from './turn.ts';

/** Waits up to this long keep the worker's slot and a timer; longer ones are written down and free the slot. */
export const parkThresholdMs = 2_000;
/** A worker that looks a moment too early must not look again in a loop. */
const minApprovalWakeMs = 50;
/** A run that loses this many workers without finishing a step in between is poison. */
export const maxLostWorkers = 5;
/** Largest output of one step, in UTF-16 code units: of a text, or of a value's JSON. */
export const maxOutputLength = 1_048_576;

/**
 * One run, one lease: `(state, event) → (state, effects)`. Pure and deterministic: time, randomness and the router's
 * choice arrive in events. Events that no longer fit (late, repeated, out of order) change nothing.
 *
 * The state between two leases is exactly what was committed, so `restoreRun` + `resumed` is also crash recovery.
 */
export function advance(
  state: RunState,
  event: MachineEvent,
): { readonly state: RunState; readonly effects: readonly MachineEffect[] } {
  if (state.phase !== 'running') return { state, effects: [] };
  const turn = beginTurn(state, event.nowMs);
  handle(turn, event);
  if (turn.state.phase === 'running') settle(turn);
  return { state: turn.state, effects: turn.effects };
}

/** The absolute values that the next commit carries. */
export function commitTotals(state: RunState): CommitTotals {
  const calling = [...state.steps.values()].filter((step) => step.phase === 'calling' && step.plan !== undefined);
  return {
    costNanoUsd: state.costNanoUsd,
    reservedNanoUsd: calling.reduce((sum, step) => sum + step.reservedNanoUsd, 0),
    lostCount: state.lostCount,
    inFlight: calling.map(({ record, attempt, plan, reservedNanoUsd }) => ({
      path: record.path,
      attempt,
      ...(plan !== undefined && { provider: plan.provider, model: plan.model }),
      reservedNanoUsd,
    })),
  };
}

function handle(turn: Turn, event: MachineEvent): void {
  switch (event.type) {
    case 'resumed':
      return resume(turn, event.random);
    case 'planned':
      return planned(turn, event);
    case 'attempt-succeeded':
      return attemptSucceeded(turn, event);
    case 'attempt-failed':
      return attemptFailed(turn, event);
    case 'attempt-progressed':
      return attemptProgressed(turn, event);
    case 'timer':
      return timer(turn, event.path);
    case 'deadline':
      return turn.nowMs >= turn.state.deadlineAtMs ? timeOut(turn) : undefined;
    case 'cancel-requested':
      return cancelRun(turn);
    case 'drain':
      turn.state.isDraining = true;
      if (event.hard) releaseActive(turn);
  }
}

function endRun(turn: Turn): void {
  const { ending, lostCount } = turn.state;
  if (ending === 'cancelled') return cancelRun(turn);
  if (ending === 'timeout') return timeOut(turn);
  failRun(turn, stepError('Worker.Lost', `The run lost ${lostCount} workers in a row.`, { retryable: false }));
}

function timeOut(turn: Turn): void {
  failRun(turn, { name: 'Run.Timeout', message: 'The run took longer than its timeoutMs.', retryable: false });
}

/**
 * Continues from what is committed. After a lost worker, every vendor call that may have happened is booked first: at
 * the reservation that was written down, or, where none was, at the worst case of the plan made again.
 */
function resume(turn: Turn, random: number): void {
  const { state } = turn;
  emit(turn, state.isFirstStart ? 'run-started' : 'run-resumed', { isTakeover: state.isTakeover, lostCount: state.lostCount });
  const hasInherited = state.inheritedInFlight.length > 0;
  for (const inherited of state.inheritedInFlight) {
    const step = state.steps.get(inherited.path);
    if (step !== undefined && step.phase !== 'done')
      putStep(turn, { ...step, record: bookAbandoned(turn, step.record, inherited) });
  }
  state.inheritedInFlight = [];
  if (state.cancelRequested) state.ending = 'cancelled';
  else if (turn.nowMs >= state.deadlineAtMs) state.ending = 'timeout';
  else if (state.lostCount >= maxLostWorkers) state.ending = 'poison';
  const mayHaveCalled = state.isTakeover && !hasInherited;
  if (state.ending !== null && !mayHaveCalled) return endRun(turn);
  const active = activeSteps(turn);
  if (active.length === 0) return continueAfterLast(turn, mayHaveCalled);
  for (const step of active) {
    const isDue = (step.record.dueAtMs ?? 0) <= turn.nowMs;
    if (state.isTakeover && step.phase === 'planning') takeBackLost(turn, step.record.path);
    if (step.phase === 'planning') resumeAttempt(turn, { ...step, bookAbandoned: mayHaveCalled });
    else if (step.phase === 'approving') resumeApproval(turn, { ...step, bookAbandoned: mayHaveCalled }, random);
    else if (!isDue) turn.effects.push({ type: 'set-timer', path: step.record.path, dueAtMs: step.record.dueAtMs ?? 0 });
    else if (step.phase === 'retrying') resumeAttempt(turn, { ...step, bookAbandoned: mayHaveCalled, hasWaited: true });
    else if (state.ending === null) completeStep(turn, step, withoutWait({ ...step.record, output: null }));
  }
}

function continueAfterLast(turn: Turn, mayHaveCalled: boolean): void {
  const last = [...turn.state.steps.values()].at(-1);
  if (last === undefined) return startStep(turn, turn.state.plan.entry, { bookAbandoned: mayHaveCalled });
  const { next } = plannedStep(turn, last.record.path);
  const target = last.record.status === 'failed' ? next.onFailure : next.onSuccess;
  if (target?.type === 'step') return startStep(turn, target.id, { bookAbandoned: mayHaveCalled });
  // A terminal target is committed together with the step that leads to it, so this is reached only by a damaged row.
  follow(turn, target ?? { type: 'fail' });
}

function attemptSucceeded(turn: Turn, event: EventOf<'attempt-succeeded'>): void {
  const step = stepIn(turn, event.path, 'calling', event.attempt);
  if (step === undefined) return;
  const record = bookAttempt(turn, step.record, attemptRecord(turn, step, event, 'succeeded'), step.plan?.routing);
  const length = dataLength(event.output) + extrasLength(event);
  if (length > maxOutputLength) {
    return failStep(
      turn,
      { ...step, record },
      stepError('Step.OutputTooLarge', `The output is over ${maxOutputLength} characters.`, { retryable: false }),
    );
  }
  if (turn.state.dataLength + length > maxDataLength) return failStep(turn, { ...step, record }, tooMuchData());
  turn.state.dataLength += length;
  completeStep(turn, step, { ...record, output: event.output });
}

function timer(turn: Turn, path: string): void {
  const step = turn.state.steps.get(path);
  if (step === undefined || turn.state.isDraining || (step.record.dueAtMs ?? 0) > turn.nowMs) return;
  if (step.phase === 'retrying') resumeAttempt(turn, { ...step, hasWaited: true });
  if (step.phase === 'waiting') completeStep(turn, step, withoutWait({ ...step.record, output: null }));
}

/** Hard drain: whatever is in flight is aborted, booked, and left to the next lease holder. */
function releaseActive(turn: Turn): void {
  for (const step of activeSteps(turn)) {
    if (step.phase !== 'calling' && step.phase !== 'planning') continue;
    const record: StepRecord = withoutWait(abandonInFlight(turn, step));
    const { plan: _, ...rest } = takeBack(turn, step, 'worker-stopped');
    const dueAtMs = turn.nowMs;
    putStep(turn, { ...rest, phase: 'retrying', reservedNanoUsd: 0, record: { ...record, status: 'retry_wait', dueAtMs } });
  }
}

/** Decides whether the run still needs this worker: a run with nothing but long waits is parked. */
function settle(turn: Turn): void {
  const { state, nowMs } = turn;
  const active = activeSteps(turn);
  if (state.ending !== null) return active.some((step) => step.phase === 'planning') ? undefined : endRun(turn);
  if (active.some((step) => step.phase === 'planning' || step.phase === 'calling')) return;
  const dueAtMs = Math.min(...active.map((step) => step.record.dueAtMs ?? nowMs), state.deadlineAtMs);
  const leftMs = active.length === 0 ? 0 : Math.max(0, dueAtMs - nowMs);
  // Whether somebody has decided is known at a claim only, and whether it is too late, too.
  const isAsking = active.some((step) => step.phase === 'approving');
  if (!state.isDraining && !isAsking && leftMs <= parkThresholdMs) return;
  state.phase = 'parked';
  const wakeInMs = isAsking ? Math.max(leftMs, minApprovalWakeMs) : leftMs;
  emit(turn, 'run-parked', { wakeInMs, ...(isAsking && { reason: 'approval' }) });
  const waiting = isAsking ? 'waiting_approval' : 'waiting';
  turn.effects.push({
    type: 'transition',
    transition: { type: 'park', status: wakeInMs === 0 ? 'queued' : waiting, wakeInMs },
  });
}
