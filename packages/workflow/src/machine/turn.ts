import type { AuditEntry, JsonObject, RunEventType, StepRecord } from '@orchestrator/contracts';
import type { MachineEffect } from './events.ts';
import type { RunState, StepState } from './state.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A copy of the state that one event may change, with the effects it asks for. Never leaves the machine. */
export interface Turn {
  readonly state: Mutable<Omit<RunState, 'steps'>> & { readonly steps: Map<string, StepState> };
  readonly effects: MachineEffect[];
  readonly nowMs: number;
}

export function beginTurn(state: RunState, nowMs: number): Turn {
  return { state: { ...state, steps: new Map(state.steps) }, effects: [], nowMs };
}

export function emit(turn: Turn, type: RunEventType, data: JsonObject = {}): void {
  turn.state.seq += 1;
  turn.effects.push({ type: 'event', event: { seq: turn.state.seq, type, data, atMs: turn.nowMs } });
}

export function audit(turn: Turn, entry: AuditEntry): void {
  turn.effects.push({ type: 'audit', entry });
}

/** Replaces a step's state and asks for its record to be stored. */
export function putStep(turn: Turn, step: StepState, options: { readonly lazy: boolean } = { lazy: false }): void {
  turn.state.steps.set(step.record.path, step);
  turn.effects.push({ type: 'record', step: step.record, lazy: options.lazy });
}

/** A record that waits for nothing any more. */
export function withoutWait({ dueAtMs: _, approval: __, ...record }: StepRecord): StepRecord {
  return record;
}

/** The step, if it still is where an event believes it to be. */
export function stepIn(turn: Turn, path: string, phase: StepState['phase'], attempt: number): StepState | undefined {
  const step = turn.state.steps.get(path);
  return step?.phase === phase && step.attempt === attempt ? step : undefined;
}

export function activeSteps(turn: Turn): StepState[] {
  return [...turn.state.steps.values()].filter((step) => step.phase !== 'done');
}

/** The records of all steps in order, as they are materialised when the run ends. */
export function allRecords(turn: Turn): StepRecord[] {
  return [...turn.state.steps.values()].map((step) => step.record);
}
