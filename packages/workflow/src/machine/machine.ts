import { type AttemptRecord, isRetryableByDefault, type ModelPlan, type StepRecord } from '@orchestrator/contracts';
import { stepError } from '../step-failure.ts';
import { abandonInFlight, bookAbandoned, bookAttempt, failedAttempts } from './attempts.ts';
import { dataLength, maxDataLength } from './data-length.ts';
import type { CommitTotals, MachineEffect, MachineEvent } from './events.ts';
import { cancelRun, failRun } from './finish.ts';
import { retryDelayMs } from './retry.ts';
import type { RunState, StepState } from './state.ts';
import { completeStep, failStep, follow, plannedStep, remainingBudget, resumeAttempt, startStep, tooMuchData } from './steps.ts';
import { activeSteps, beginTurn, emit, putStep, type Turn } from './turn.ts';

/** Waits up to this long keep the worker's slot and a timer; longer ones are written down and free the slot. */
export const parkThresholdMs = 2_000;
/** A run that loses this many workers without finishing a step in between is poison. */
export const maxLostWorkers = 5;
/** Largest output of one step, in UTF-16 code units: of a text, or of a value's JSON. */
export const maxOutputLength = 1_048_576;

type EventOf<T extends MachineEvent['type']> = Extract<MachineEvent, { type: T }>;

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
      return resume(turn);
    case 'planned':
      return planned(turn, event);
    case 'attempt-succeeded':
      return attemptSucceeded(turn, event);
    case 'attempt-failed':
      return attemptFailed(turn, event);
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
function resume(turn: Turn): void {
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
    if (step.phase === 'planning') resumeAttempt(turn, { ...step, bookAbandoned: mayHaveCalled });
    else if (!isDue) turn.effects.push({ type: 'set-timer', path: step.record.path, dueAtMs: step.record.dueAtMs ?? 0 });
    else if (step.phase === 'retrying') resumeAttempt(turn, { ...step, bookAbandoned: mayHaveCalled });
    else if (state.ending === null) completeStep(turn, step, withoutDue({ ...step.record, output: null }));
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

function withoutDue({ dueAtMs: _, ...record }: StepRecord): StepRecord {
  return record;
}

function stepIn(turn: Turn, path: string, phase: StepState['phase'], attempt: number): StepState | undefined {
  const step = turn.state.steps.get(path);
  return step?.phase === phase && step.attempt === attempt ? step : undefined;
}

/** The router has decided: book what a lost worker may have spent, reserve the worst case, call. */
function planned(turn: Turn, event: EventOf<'planned'>): void {
  const found = stepIn(turn, event.path, 'planning', event.attempt);
  if (found === undefined) return;
  if (!event.result.ok) {
    const error = { ...event.result.error, attempt: event.attempt };
    const failed: AttemptRecord = {
      attempt: event.attempt,
      outcome: 'failed',
      latencyMs: 0,
      costNanoUsd: 0,
      costBasis: 'none',
      error,
    };
    return failStep(turn, { ...found, record: bookAttempt(turn, found.record, failed) }, error);
  }
  const { plan } = event.result;
  let step: StepState = { ...found, bookAbandoned: false };
  // The lost worker saw the same budget: what is forbidden now was not called then, and booking it would overspend.
  if (found.bookAbandoned && budgetRefusal(turn, found, plan) === null) {
    const reservedNanoUsd = plan.worstCaseNanoUsd ?? 0;
    const record = bookAbandoned(turn, found.record, { provider: plan.provider, model: plan.model, reservedNanoUsd });
    step = { ...step, record, attempt: record.attempts.length + 1 };
    putStep(turn, step);
  }
  if (turn.state.ending !== null || turn.state.isDraining)
    return void turn.state.steps.set(event.path, { ...step, phase: 'retrying' });
  const refusal = budgetRefusal(turn, step, plan);
  if (refusal !== null) return failStep(turn, step, stepError('Budget.Exceeded', `Not called: ${refusal}.`));
  const calling: StepState = { ...step, phase: 'calling', plan, reservedNanoUsd: plan.worstCaseNanoUsd ?? 0 };
  putStep(turn, calling, { lazy: true });
  turn.effects.push({
    type: 'run-attempt',
    path: event.path,
    attempt: step.attempt,
    timeoutMs: plannedStep(turn, event.path).timeoutMs,
    work: { type: 'model', plan, idempotencyKey: `${turn.state.runId}.${event.path}.${step.record.visit}` },
  });
}

/** Why no budget is left for this call; null when it may be made. */
function budgetRefusal(turn: Turn, step: StepState, plan: ModelPlan): string | null {
  const remaining = remainingBudget(turn, step);
  if (remaining === null) return null;
  if (plan.worstCaseNanoUsd === null) return `the price of ${plan.provider}/${plan.model} is unknown`;
  if (plan.worstCaseNanoUsd <= remaining) return null;
  return `the call may cost ${plan.worstCaseNanoUsd} nano-USD, ${Math.max(0, remaining)} are left`;
}

function attemptRecord(
  step: StepState,
  event: EventOf<'attempt-succeeded'> | EventOf<'attempt-failed'>,
  outcome: 'succeeded' | 'failed',
): AttemptRecord {
  const isUnknownCharge = event.costBasis === 'reserved';
  const provider = event.provider ?? step.plan?.provider;
  const model = event.model ?? step.plan?.model;
  return {
    attempt: event.attempt,
    outcome,
    latencyMs: event.latencyMs,
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(event.usage !== undefined && { usage: event.usage }),
    costNanoUsd: isUnknownCharge ? step.reservedNanoUsd : event.costNanoUsd,
    costBasis: event.costBasis,
    ...(event.type === 'attempt-succeeded' && event.finishReason !== undefined && { finishReason: event.finishReason }),
    ...(event.type === 'attempt-succeeded' && event.warnings !== undefined && { warnings: event.warnings }),
    ...(event.type === 'attempt-failed' && { error: { ...event.error, attempt: event.attempt } }),
  };
}

function attemptSucceeded(turn: Turn, event: EventOf<'attempt-succeeded'>): void {
  const step = stepIn(turn, event.path, 'calling', event.attempt);
  if (step === undefined) return;
  const record = bookAttempt(turn, step.record, attemptRecord(step, event, 'succeeded'));
  const length = dataLength(event.output);
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

function attemptFailed(turn: Turn, event: EventOf<'attempt-failed'>): void {
  const step = stepIn(turn, event.path, 'calling', event.attempt);
  if (step === undefined) return;
  const failed = attemptRecord(step, event, 'failed');
  const record = bookAttempt(turn, step.record, failed);
  const error = failed.error ?? event.error;
  emit(turn, 'step-attempt-failed', { path: event.path, attempt: event.attempt, error: { ...error } });
  const { retry } = plannedStep(turn, event.path);
  const retryable = error.retryable && isRetryableByDefault(error.name);
  const delayMs = retryDelayMs(retry, { ...error, retryable }, failedAttempts(record), event.random);
  if (delayMs === null) return failStep(turn, { ...step, record }, error);
  const dueAtMs = turn.nowMs + delayMs;
  emit(turn, 'step-retry-scheduled', { path: event.path, attempt: event.attempt + 1, dueAtMs });
  putStep(turn, { ...step, phase: 'retrying', reservedNanoUsd: 0, record: { ...record, status: 'retry_wait', dueAtMs } });
  turn.effects.push({ type: 'set-timer', path: event.path, dueAtMs });
}

function timer(turn: Turn, path: string): void {
  const step = turn.state.steps.get(path);
  if (step === undefined || turn.state.isDraining || (step.record.dueAtMs ?? 0) > turn.nowMs) return;
  if (step.phase === 'retrying') resumeAttempt(turn, step);
  if (step.phase === 'waiting') completeStep(turn, step, withoutDue({ ...step.record, output: null }));
}

/** Hard drain: whatever is in flight is aborted, booked, and left to the next lease holder. */
function releaseActive(turn: Turn): void {
  for (const step of activeSteps(turn)) {
    if (step.phase !== 'calling' && step.phase !== 'planning') continue;
    const record: StepRecord = abandonInFlight(turn, step);
    const { plan: _, ...rest } = step;
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
  const wakeInMs = active.length === 0 ? 0 : Math.max(0, dueAtMs - nowMs);
  if (!state.isDraining && wakeInMs <= parkThresholdMs) return;
  state.phase = 'parked';
  emit(turn, 'run-parked', { wakeInMs });
  turn.effects.push({
    type: 'transition',
    transition: { type: 'park', status: wakeInMs === 0 ? 'queued' : 'waiting', wakeInMs },
  });
}
