import { type ModelPart, tokenData } from '@orchestrator/contracts';
import type { EventOf } from './attempts.ts';
import type { StepState } from './state.ts';
import { emit, stepIn, type Turn } from './turn.ts';

/** What is told of one answer at most: longer ones fail when they are complete, see `maxOutputLength`. */
const maxToldLength = 1_048_576;

function lengthOf(part: ModelPart): number {
  if (part.type !== 'tool-call') return part.text.length;
  return part.argumentsDelta.length + (part.id?.length ?? 0) + (part.name?.length ?? 0);
}

/** A piece of an answer is an event like any other; it changes nothing else. */
export function attemptProgressed(turn: Turn, { path, attempt, part }: EventOf<'attempt-progressed'>): void {
  const step = stepIn(turn, path, 'calling', attempt);
  if (step === undefined) return;
  const toldLength = (step.toldLength ?? 0) + lengthOf(part);
  turn.state.steps.set(path, { ...step, toldLength });
  if (toldLength <= maxToldLength) emit(turn, 'token', tokenData(path, attempt, part));
}

/** The call will be made again: readers have to forget what they were told of it. @returns the step with nothing told */
export function takeBack(turn: Turn, step: StepState, reason: 'attempt-failed' | 'worker-stopped'): StepState {
  const { toldLength, ...rest } = step;
  if (toldLength === undefined) return step;
  emit(turn, 'restart', { path: step.record.path, reason });
  return rest;
}

/** The same after a lost worker: what it told and could not store isn't known here. */
export function takeBackLost(turn: Turn, path: string): void {
  emit(turn, 'restart', { path, reason: 'worker-lost' });
}
