import type { AttemptRecord, ModelPlan, ModelPlanResult, StepError, StepRecord } from '@orchestrator/contracts';
import type { PlannedStep } from '../definition/plan.ts';
import { stepError } from '../step-failure.ts';
import { approvalOf, askApproval, needsApproval, noteExpiry } from './approvals.ts';
import { attemptRecord, bookAbandoned, bookAttempt, type EventOf } from './attempts.ts';
import { takeBack } from './progress.ts';
import { retryDelayMs } from './retry.ts';
import type { StepState } from './state.ts';
import { failStep, plannedStep, remainingBudget, resumeAttempt } from './steps.ts';
import {
  callsOfTry,
  errorOfTry,
  failedTries,
  heldBackTries,
  isHeldBack,
  markLastFailure,
  maxCallsPerTry,
  withholdsFallbacks,
} from './tries.ts';
import { emit, putStep, stepIn, type Turn, withoutWait } from './turn.ts';

/** A step whose calls are all held back on our side is planned again so often, and waits so long. */
const maxHeldBackWaits = 3;
/** The same for limits, which do let go: a queue of work behind them has to get through. About 50 minutes. */
const maxRateLimitWaits = 100;
const maxHeldBackWaitMs = 30_000;
/** The least that the first wait takes, if nothing else is known; each further one four times that. Milliseconds. */
const firstHeldBackWaitMs = 1_000;

/** The router has decided: book what a lost worker may have spent, ask for approval, wait, or reserve the worst case and call. */
export function planned(turn: Turn, event: EventOf<'planned'>): void {
  const found = stepIn(turn, event.path, 'planning', event.attempt);
  if (found === undefined) return;
  if (!event.result.ok) return planRefused(turn, found, event.result, event.random);
  const { plan } = event.result;
  const step = bookLost(turn, found, plan);
  if (turn.state.ending !== null || turn.state.isDraining)
    return void turn.state.steps.set(event.path, { ...step, phase: 'retrying' });
  const refusal = budgetRefusal(turn, step, plan);
  if (refusal !== null) return failStep(turn, step, stepError('Budget.Exceeded', `Not called: ${refusal}.`));
  if (needsApproval(turn.state, event.path, plan)) return askApproval(turn, step, plan);
  if (plan.delayMs !== undefined && plan.delayMs > 0 && step.hasWaited !== true) return wait(turn, step, plan.delayMs);
  startCall(turn, step, plan);
}

/**
 * Books the call that a lost worker may have made, at the price of this one. It saw the same budget and approvals: what is
 * forbidden now was not called then, and booking it would overspend.
 */
function bookLost(
  turn: Turn,
  step: StepState,
  plan: Pick<ModelPlan, 'provider' | 'model' | 'worstCaseNanoUsd' | 'routing' | 'approval'>,
): StepState {
  if (!step.bookAbandoned) return step;
  const closed: StepState = { ...step, bookAbandoned: false };
  if (budgetRefusal(turn, step, plan) !== null || needsApproval(turn.state, step.record.path, plan)) return closed;
  const { provider, model, routing } = plan;
  const record = bookAbandoned(turn, step.record, { provider, model, reservedNanoUsd: plan.worstCaseNanoUsd ?? 0 }, routing);
  const booked: StepState = { ...closed, record, attempt: record.attempts.length + 1 };
  putStep(turn, booked);
  return booked;
}

function startCall(turn: Turn, step: StepState, plan: ModelPlan): void {
  const { path, visit } = step.record;
  const { hasWaited, hasAllFallbacks: _, ...rest } = step;
  const calling: StepState = { ...rest, phase: 'calling', plan, reservedNanoUsd: plan.worstCaseNanoUsd ?? 0 };
  const isFirst = hasWaited !== true && callsOfTry(step.record).length === 0;
  putStep(turn, calling, { lazy: isFirst && isRepeatable(plan) });
  turn.effects.push({
    type: 'run-attempt',
    path,
    attempt: step.attempt,
    timeoutMs: plannedStep(turn, path).timeoutMs,
    work: { type: 'model', plan, idempotencyKey: `${turn.state.runId}.${path}.${visit}` },
  });
}

/**
 * Whether the router would choose the same in another worker. Where it had a choice, its plan must be stored before the call:
 * a plan made again after a crash may name a cheaper model than the one that was called.
 */
function isRepeatable({ routing }: ModelPlan): boolean {
  if (routing === undefined) return true;
  const { strategy, candidates, rejected } = routing;
  // Without fallbacks all but the first in order are set aside, and only where a provider was specified is that order fixed.
  const others = rejected.filter(
    ({ code }) => passingRejections.has(code) || (code === 'not-chosen' && strategy !== 'specified'),
  );
  return candidates.length + others.length <= 1;
}

const passingRejections: ReadonlySet<string> = new Set([
  'circuit-open',
  'cooling-down',
  'rate-limited',
  'retry-budget-spent',
  'failed-before',
]);

/** Why no budget is left for this call; null when it may be made. */
function budgetRefusal(
  turn: Turn,
  step: StepState,
  plan: Pick<ModelPlan, 'provider' | 'model' | 'worstCaseNanoUsd'>,
): string | null {
  const remaining = remainingBudget(turn, step);
  if (remaining === null) return null;
  if (plan.worstCaseNanoUsd === null) return `the price of ${plan.provider}/${plan.model} is unknown`;
  if (plan.worstCaseNanoUsd <= remaining) return null;
  return `the call may cost ${plan.worstCaseNanoUsd} nano-USD, ${Math.max(0, remaining)} are left`;
}

/** A failure without a call: it is counted and shown, and costs nothing. */
function withoutCall(attempt: number, error: StepError): AttemptRecord {
  return { attempt, outcome: 'failed', latencyMs: 0, costNanoUsd: 0, costBasis: 'none', error };
}

/** The router names nobody: within a try its last call decides, at the start of one the refusal itself. */
function planRefused(turn: Turn, found: StepState, result: Extract<ModelPlanResult, { ok: false }>, random: number): void {
  const refusal = result.error;
  const step = result.heldBack === undefined ? found : bookLost(turn, found, result.heldBack);
  if (turn.state.ending !== null) return void turn.state.steps.set(step.record.path, { ...step, phase: 'retrying' });
  const calls = callsOfTry(step.record);
  const called = errorOfTry(calls);
  if (called !== undefined) {
    const error = called.isLocal === true && refusal.isLocal === true ? { ...refusal, attempt: step.attempt } : called;
    return endTry(turn, { ...step, record: markLastFailure(step.record, false) }, error, random);
  }
  const isPassing = refusal.isLocal === true && refusal.retryable;
  const { path } = step.record;
  if (!isPassing && step.hasAllFallbacks !== true && withholdsFallbacks(plannedStep(turn, path), step.record))
    return resumeAttempt(turn, { ...step, hasAllFallbacks: true });
  const error = { ...refusal, attempt: step.attempt };
  const record = bookAttempt(turn, step.record, withoutCall(step.attempt, error));
  if (refusal.isLocal === true) return endTry(turn, { ...step, record }, error, random);
  failStep(turn, { ...step, record }, error);
}

/** A call has failed: the router may know another one, else the step's retry policy decides. */
export function attemptFailed(turn: Turn, event: EventOf<'attempt-failed'>): void {
  const found = stepIn(turn, event.path, 'calling', event.attempt);
  if (found === undefined) return;
  const failed = attemptRecord(turn, found, event, 'failed');
  const record = bookAttempt(turn, found.record, failed, found.plan?.routing);
  const error = failed.error ?? event.error;
  emit(turn, 'step-attempt-failed', { path: event.path, attempt: event.attempt, error: { ...error } });
  const { plan, ...rest } = takeBack(turn, found, 'attempt-failed');
  const step: StepState = { ...rest, reservedNanoUsd: 0, record };
  const mayBeMended = plan !== undefined && isMendable(error);
  if (mayBeMended && callsOfTry(found.record).length < maxCallsPerTry) return goOn(turn, step);
  endTry(turn, step, error, event.random);
}

/** Whether a call elsewhere may end better. */
function isMendable({ name }: StepError): boolean {
  return name.startsWith('Provider.') || name === 'Step.Timeout';
}

/** Asks the router for another call within the same try. */
function goOn(turn: Turn, step: StepState): void {
  const record = markLastFailure(step.record, true);
  putStep(turn, { ...step, record });
  resumeAttempt(turn, { ...step, record });
}

/** The try is over: the step's retry policy decides with its error. */
function endTry(turn: Turn, step: StepState, error: StepError, random: number): void {
  const { record } = step;
  const planned = plannedStep(turn, record.path);
  const delayMs = isHeldBack(error)
    ? heldBackDelayMs(step, error, random)
    : retryDelayMs(planned.retry, error, failedTries(record), random);
  if (delayMs !== null) return wait(turn, step, delayMs);
  // The policy has no further try for this error, and the fallbacks have not had theirs.
  if (step.hasAllFallbacks !== true && endedWithoutFallbacks(planned, record, error))
    return goOn(turn, { ...step, hasAllFallbacks: true });
  failStep(turn, step, error);
}

function endedWithoutFallbacks(planned: PlannedStep, record: StepRecord, error: StepError): boolean {
  const last = record.attempts.findLastIndex((attempt) => attempt.outcome === 'failed');
  if (record.attempts[last]?.provider === undefined || !isMendable(error)) return false;
  return withholdsFallbacks(planned, { ...record, attempts: record.attempts.slice(0, last) });
}

/**
 * Nothing was called, so waiting needs no policy and uses none up; bounded, because what holds us back may not let go. When a
 * place becomes free isn't known, so each wait is longer than the one before, and not all that were refused come back together.
 */
function heldBackDelayMs({ record }: StepState, error: StepError, random: number): number | null {
  const waits = heldBackTries(record);
  if (waits > (error.name === 'Provider.RateLimited' ? maxRateLimitWaits : maxHeldBackWaits)) return null;
  const growth = Math.min(4 ** (waits - 1), maxHeldBackWaitMs / firstHeldBackWaitMs);
  const leastMs = Math.ceil(firstHeldBackWaitMs * growth * (0.5 + random / 2));
  return Math.min(Math.max(error.retryAfterMs ?? firstHeldBackWaitMs, leastMs), maxHeldBackWaitMs);
}

/** A short wait keeps the slot and a timer, a long one parks the run. */
function wait(turn: Turn, step: StepState, delayMs: number): void {
  const { path } = step.record;
  const dueAtMs = turn.nowMs + delayMs;
  emit(turn, 'step-retry-scheduled', { path, attempt: step.record.attempts.length + 1, dueAtMs });
  const { plan: _, hasAllFallbacks: __, ...rest } = step;
  putStep(turn, { ...rest, phase: 'retrying', reservedNanoUsd: 0, record: { ...step.record, status: 'retry_wait', dueAtMs } });
  turn.effects.push({ type: 'set-timer', path, dueAtMs });
}

/** After a claim: goes on where somebody has agreed, fails where not. What is still open goes on waiting. */
export function resumeApproval(turn: Turn, step: StepState, random: number): void {
  const approval = approvalOf(turn, step);
  if (approval?.status === 'pending') return;
  if (approval === undefined || approval.status === 'approved') return resumeAttempt(turn, { ...step, hasWaited: true });
  if (turn.state.ending !== null) return;
  const attempt = step.record.attempts.length + 1;
  if (approval.status === 'expired') noteExpiry(turn, approval);
  const error =
    approval.status === 'rejected'
      ? stepError('Approval.Rejected', 'The approval of this call was rejected.', { attempt })
      : stepError('Approval.Expired', 'Nobody approved this call in time.', { attempt });
  const record = bookAttempt(turn, withoutWait(step.record), withoutCall(attempt, error));
  endTry(turn, { ...step, record }, error, random);
}
