import { type JsonObject, type ModelRequest, nanoUsdFromUsd, type StepError, type StepRecord } from '@orchestrator/contracts';
import type { PreparedStep } from '../actions/action.ts';
import { actions } from '../actions/index.ts';
import { ConditionError } from '../condition/errors.ts';
import { evaluateCondition } from '../condition/evaluate.ts';
import type { PlannedStep, Target } from '../definition/plan.ts';
import { StepFailure, stepError } from '../step-failure.ts';
import { TemplateError } from '../template/errors.ts';
import { dataLength, maxDataLength } from './data-length.ts';
import type { MachineEffect } from './events.ts';
import { completeRun, failRun } from './finish.ts';
import { takeBackLost } from './progress.ts';
import { scopeOf } from './scope.ts';
import type { StepState } from './state.ts';
import { failedTries, previousCalls, withholdsFallbacks } from './tries.ts';
import { emit, putStep, type Turn, withoutWait } from './turn.ts';

export function plannedStep(turn: Turn, id: string): PlannedStep {
  const step = turn.state.plan.steps.get(id);
  if (step === undefined) throw new TypeError(`the plan has no step ${id}`);
  return step;
}

/** Turns what an expression or action threw into the step's error; a defect stays a defect. */
function asStepError(thrown: unknown): StepError {
  if (thrown instanceof StepFailure) return thrown.error;
  if (thrown instanceof TemplateError) return stepError('Step.TemplateError', thrown.message);
  if (thrown instanceof ConditionError) return stepError('Step.ConditionError', thrown.message);
  throw thrown;
}

export function tooMuchData(): StepError {
  const message = `The inputs and outputs of all steps together are over ${maxDataLength} characters.`;
  return stepError('Step.OutputTooLarge', message, { retryable: false });
}

/** Goes on at a target of the flow. While draining nothing new is started: the next lease holder finds the place again. */
export function follow(turn: Turn, target: Target): void {
  if (target.type === 'end') return completeRun(turn);
  if (target.type === 'fail') {
    return failRun(turn, turn.state.caught ?? stepError('Custom.Failed', 'The workflow ended in `fail`.', { retryable: false }));
  }
  if (!turn.state.isDraining) startStep(turn, target.id, { bookAbandoned: false });
}

/** Renders the step's input and says how it goes on. Deterministic: a later lease holder gets the same. */
export function prepareStep(turn: Turn, planned: PlannedStep): PreparedStep {
  const { state, nowMs } = turn;
  return actions[planned.action].prepare(planned, { runKind: state.kind, runInput: state.input, scope: scopeOf(state), nowMs });
}

/** The first look at a step: condition, input, then planning, work or waiting. */
export function startStep(turn: Turn, id: string, options: { readonly bookAbandoned: boolean }): void {
  const planned = plannedStep(turn, id);
  const record: StepRecord = {
    path: id,
    visit: 1,
    ordinal: turn.state.steps.size + 1,
    action: planned.action,
    status: 'running',
    attempts: [],
    costNanoUsd: 0,
    latencyMs: 0,
  };
  const step: StepState = { phase: 'planning', record, attempt: 0, reservedNanoUsd: 0, bookAbandoned: options.bookAbandoned };
  try {
    if (planned.condition !== undefined) {
      const condition = evaluateCondition(planned.condition, scopeOf(turn.state));
      if (!condition) return skipStep(turn, planned, { ...step, record: { ...record, condition } });
      step.record satisfies StepRecord;
      return enterStep(turn, planned, { ...step, record: { ...record, condition } });
    }
    enterStep(turn, planned, step);
  } catch (thrown) {
    failStep(turn, step, asStepError(thrown));
  }
}

function skipStep(turn: Turn, planned: PlannedStep, step: StepState): void {
  emit(turn, 'step-skipped', { path: planned.id, reason: 'condition' });
  putStep(turn, { ...step, phase: 'done', record: { ...step.record, status: 'skipped', skipReason: 'condition', output: null } });
  follow(turn, planned.next.onSuccess);
}

function enterStep(turn: Turn, planned: PlannedStep, step: StepState): void {
  const prepared = prepareStep(turn, planned);
  const inputLength = dataLength(prepared.input);
  if (turn.state.dataLength + inputLength > maxDataLength) throw new StepFailure(tooMuchData());
  turn.state.dataLength += inputLength;
  const record: StepRecord = { ...step.record, input: prepared.input };
  if (prepared.type === 'wait') {
    emit(turn, 'step-waiting', { path: planned.id, dueAtMs: prepared.dueAtMs });
    putStep(turn, { ...step, phase: 'waiting', record: { ...record, status: 'waiting', dueAtMs: prepared.dueAtMs } });
    turn.effects.push({ type: 'set-timer', path: planned.id, dueAtMs: prepared.dueAtMs });
    return;
  }
  // A lost worker that was here may have told of an answer: nothing of it is stored, the start of the step neither.
  if (step.bookAbandoned) takeBackLost(turn, planned.id);
  emit(turn, 'step-started', { path: planned.id, action: planned.action });
  putStep(turn, { ...step, record }, { lazy: true });
  beginAttempt(turn, planned, { ...step, record }, prepared);
}

/** Starts the next attempt of a step that was rendered before (`retrying`, or taken over in mid-attempt). */
export function resumeAttempt(turn: Turn, step: StepState): void {
  const planned = plannedStep(turn, step.record.path);
  try {
    const prepared = prepareStep(turn, planned);
    beginAttempt(turn, planned, { ...step, record: { ...withoutWait(step.record), status: 'running' } }, prepared);
  } catch (thrown) {
    failStep(turn, step, asStepError(thrown));
  }
}

function beginAttempt(turn: Turn, planned: PlannedStep, step: StepState, prepared: PreparedStep): void {
  const attempt = step.record.attempts.length + 1;
  const path = planned.id;
  if (prepared.type === 'model') {
    turn.state.steps.set(path, { ...step, phase: 'planning', attempt });
    turn.effects.push({ type: 'plan-model', path, attempt, ...questionOf(planned, step, prepared.request) });
    return;
  }
  if (prepared.type === 'wait') throw new TypeError('a waiting step has no attempts');
  turn.state.steps.set(path, { ...step, phase: 'calling', attempt });
  if (turn.state.ending !== null) return;
  const work = { type: 'instant', action: planned.action, input: prepared.input } as const;
  turn.effects.push({ type: 'run-attempt', path, attempt, timeoutMs: planned.timeoutMs, work });
}

/**
 * What the router is asked. A provider that is named together with a `retry` is retried by that policy alone, and the step's
 * `fallbacks` come after it; whatever else is left to the router.
 */
function questionOf(
  planned: PlannedStep,
  step: StepState,
  request: ModelRequest,
): Pick<Extract<MachineEffect, { type: 'plan-model' }>, 'request' | 'previous' | 'options'> {
  const previous = previousCalls(step.record);
  const isHeldBack = step.hasAllFallbacks !== true && withholdsFallbacks(planned, step.record);
  const { fallbacks, ...alone } = request;
  const isRetriedByPolicy = planned.action === 'generate' && planned.provider !== undefined && planned.hasRetry;
  const isAlone = isRetriedByPolicy && (isHeldBack || fallbacks === undefined);
  const isRetry = failedTries(step.record) > 0;
  const options = isAlone ? { maxRetries: 0, ...(isRetry && { ignoresCoolDowns: true }) } : {};
  return { request: isHeldBack ? alone : request, previous, options };
}

/** The most the next attempt of this step may cost; null when no budget applies. */
export function remainingBudget(turn: Turn, step: StepState): number | null {
  const { state } = turn;
  const { definition } = plannedStep(turn, step.record.path);
  const limits: number[] = [];
  if (state.maxCostNanoUsd !== null) {
    const reserved = [...state.steps.values()].reduce((sum, other) => sum + other.reservedNanoUsd, 0);
    limits.push(state.maxCostNanoUsd - state.costNanoUsd - reserved);
  }
  if ('maxCostUSD' in definition && typeof definition.maxCostUSD === 'number') {
    limits.push(nanoUsdFromUsd(definition.maxCostUSD) - step.record.costNanoUsd);
  }
  return limits.length === 0 ? null : Math.min(...limits);
}

/** What readers of the event are told, so that none has to fetch the run for it. */
function completionOf({ path, costNanoUsd, latencyMs, attempts, provider, model, usage }: StepRecord): JsonObject {
  return {
    path,
    costNanoUsd,
    latencyMs,
    attempts: attempts.length,
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(usage === undefined ? {} : { promptTokens: usage.inputTokens, completionTokens: usage.outputTokens }),
  };
}

export function completeStep(turn: Turn, step: StepState, record: StepRecord): void {
  turn.state.lostCount = 0;
  emit(turn, 'step-completed', completionOf(record));
  putStep(turn, { ...step, phase: 'done', reservedNanoUsd: 0, record: { ...record, status: 'completed' } });
  follow(turn, plannedStep(turn, record.path).next.onSuccess);
}

export function failStep(turn: Turn, step: StepState, error: StepError): void {
  const record = withoutWait(step.record);
  const { onFailure } = plannedStep(turn, record.path).next;
  turn.state.lostCount = 0;
  emit(turn, 'step-failed', { path: record.path, error: { ...error } });
  putStep(turn, { ...step, phase: 'done', reservedNanoUsd: 0, record: { ...record, status: 'failed', error } });
  if (onFailure === null) return failRun(turn, error);
  turn.state.caught = error;
  turn.state.isDegraded = true;
  follow(turn, onFailure);
}
