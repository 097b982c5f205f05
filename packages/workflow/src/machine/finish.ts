import type { JsonValue, RunFinish, StepError } from '@orchestrator/contracts';
import { abandonInFlight } from './attempts.ts';
import { activeSteps, allRecords, audit, emit, putStep, type Turn, withoutWait } from './turn.ts';

function lastOutput(turn: Turn): JsonValue {
  const done = allRecords(turn).filter((record) => record.status === 'completed' || record.status === 'skipped');
  return done.at(-1)?.output ?? null;
}

function finish(turn: Turn, transition: RunFinish): void {
  turn.state.phase = 'finished';
  emit(turn, `run-${transition.status}`, {
    ...(transition.error !== undefined && { error: { ...transition.error } }),
    degraded: transition.degraded,
  });
  audit(turn, {
    eventType: `run-${transition.status}`,
    costNanoUsd: turn.state.costNanoUsd,
    ...(transition.error !== undefined && { detail: { error: transition.error.name } }),
  });
  turn.effects.push({ type: 'transition', transition });
}

/** Ends every step that is not done: attempts in flight are aborted and booked at their worst case. */
function stopActiveSteps(turn: Turn, error: StepError): void {
  for (const step of activeSteps(turn)) {
    const record = withoutWait(abandonInFlight(turn, step));
    emit(turn, 'step-cancelled', { path: record.path, error: error.name });
    putStep(turn, { ...step, phase: 'done', reservedNanoUsd: 0, record: { ...record, status: 'cancelled', error } });
  }
}

export function completeRun(turn: Turn): void {
  const { isDegraded } = turn.state;
  finish(turn, { type: 'finish', status: 'completed', output: lastOutput(turn), degraded: isDegraded, steps: allRecords(turn) });
}

export function failRun(turn: Turn, error: StepError): void {
  stopActiveSteps(turn, error);
  finish(turn, { type: 'finish', status: 'failed', error, degraded: turn.state.isDegraded, steps: allRecords(turn) });
}

export function cancelRun(turn: Turn): void {
  const error: StepError = { name: 'Run.Cancelled', message: 'The run was cancelled.', retryable: false };
  stopActiveSteps(turn, error);
  finish(turn, { type: 'finish', status: 'cancelled', error, degraded: turn.state.isDegraded, steps: allRecords(turn) });
}
