import { type CostBasis, ModelCallError, type ModelPart, type StepError, type TokenUsage } from '@orchestrator/contracts';
import { executeInstantAction } from '../actions/index.ts';
import type { MachineEffect, MachineEvent } from '../machine/events.ts';
import type { Clock, LeaseTelemetry, Models, Random } from '../ports.ts';
import { StepFailure, stepError } from '../step-failure.ts';
import { callAndTell } from './call-and-tell.ts';

type RunAttempt = Extract<MachineEffect, { type: 'run-attempt' }>;
type Outcome =
  | Omit<Extract<MachineEvent, { type: 'attempt-succeeded' }>, 'nowMs' | 'latencyMs'>
  | Omit<Extract<MachineEvent, { type: 'attempt-failed' }>, 'nowMs' | 'latencyMs'>;

export interface AttemptPorts {
  readonly models: Models;
  readonly clock: Clock;
  readonly random: Random;
  readonly leaseTelemetry?: LeaseTelemetry;
}

/** What becomes of an attempt. */
export interface AttemptListener {
  /** Exactly once, unless the attempt is aborted first. */
  readonly onEnd: (outcome: Outcome, latencyMs: number) => void;
  /** Given: model calls are streamed. Called before the end, never after it or after an abort. */
  readonly onPart?: (part: ModelPart) => void;
}

/** An attempt in flight. */
export interface RunningAttempt {
  /** Ends it without an outcome: the machine has booked it already. */
  abort(): void;
}

/** Time that a model call has to notice its own timeout, milliseconds. */
const modelCallGraceMs = 1_000;
/** The adapter's timer and this clock may differ by so much, milliseconds. */
const timerToleranceMs = 20;

const timeoutMessage = (effect: RunAttempt) => `No result within ${effect.timeoutMs} ms.`;

function failed(
  effect: RunAttempt,
  random: number,
  error: StepError,
  charge: { usage?: TokenUsage; costNanoUsd: number; costBasis: CostBasis },
): Outcome {
  return { type: 'attempt-failed', path: effect.path, attempt: effect.attempt, error, random, ...charge };
}

/** A call that took all the time of its attempt ended by the step's limit, whoever noticed it first. */
function errorOf(effect: RunAttempt, { error }: ModelCallError, latencyMs: number): StepError {
  if (error.name !== 'Provider.Timeout' || latencyMs < effect.timeoutMs - timerToleranceMs) return error;
  return { ...error, name: 'Step.Timeout', message: timeoutMessage(effect) };
}

function outcomeOfThrown(effect: RunAttempt, random: number, thrown: unknown, latencyMs: number): Outcome {
  if (thrown instanceof ModelCallError) {
    const { usage, costNanoUsd, costBasis } = thrown;
    return failed(effect, random, errorOf(effect, thrown, latencyMs), {
      ...(usage !== undefined && { usage }),
      costNanoUsd,
      costBasis,
    });
  }
  if (thrown instanceof StepFailure) return failed(effect, random, thrown.error, { costNanoUsd: 0, costBasis: 'none' });
  // Anything else is a defect in an adapter: fail closed, the vendor may have charged.
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown failure';
  const costBasis = effect.work.type === 'model' ? 'reserved' : 'none';
  return failed(effect, random, stepError('Provider.Unavailable', message), { costNanoUsd: 0, costBasis });
}

async function callModel(
  effect: RunAttempt,
  ports: AttemptPorts,
  options: { readonly signal: AbortSignal; readonly onPart?: (part: ModelPart) => void },
): Promise<Outcome> {
  const { work, path, attempt } = effect;
  if (work.type === 'instant') {
    const output = executeInstantAction(work.action, work.input);
    return { type: 'attempt-succeeded', path, attempt, output, costNanoUsd: 0, costBasis: 'none' };
  }
  const { idempotencyKey, plan } = work;
  const { content, warnings, ...facts } = await callAndTell(
    ports,
    { path, attempt, plan },
    { ...options, idempotencyKey, timeoutMs: effect.timeoutMs },
  );
  return {
    type: 'attempt-succeeded',
    path,
    attempt,
    output: content,
    ...facts,
    ...(warnings !== undefined && warnings.length > 0 && { warnings }),
  };
}

/**
 * Runs one attempt and reports exactly one outcome, unless it is aborted first. The step's timeout is enforced here, so
 * that an adapter that hangs can't hold the run. A model call gets a moment more: it ends by itself at the timeout, and then
 * the router learns that this model did not answer.
 */
export function runAttempt(effect: RunAttempt, ports: AttemptPorts, { onEnd, onPart }: AttemptListener): RunningAttempt {
  const { clock, random } = ports;
  const controller = new AbortController();
  const startedAtMs = clock.nowMs();
  let isOver = false;
  const end = (outcome: Outcome): void => {
    if (isOver) return;
    isOver = true;
    cancelTimeout();
    onEnd(outcome, Math.max(0, clock.nowMs() - startedAtMs));
  };
  const limitMs = effect.timeoutMs + (effect.work.type === 'model' ? modelCallGraceMs : 0);
  const cancelTimeout = clock.setTimer(limitMs, () => {
    const costBasis = effect.work.type === 'model' ? 'reserved' : 'none';
    end(
      failed(effect, random(), stepError('Step.Timeout', timeoutMessage(effect)), {
        costNanoUsd: 0,
        costBasis,
      }),
    );
    controller.abort();
  });
  const tellPart = (part: ModelPart): void => {
    if (!isOver) onPart?.(part);
  };
  callModel(effect, ports, { signal: controller.signal, ...(onPart !== undefined && { onPart: tellPart }) }).then(
    end,
    (thrown: unknown) => end(outcomeOfThrown(effect, random(), thrown, clock.nowMs() - startedAtMs)),
  );
  return {
    abort() {
      isOver = true;
      cancelTimeout();
      controller.abort();
    },
  };
}
