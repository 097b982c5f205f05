import type { ModelPart, RunEvent, StepRecord } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { claim, eventTypes, failedWith, generate, planned, play, resumed, startMs, succeeded } from '../testing/play.ts';
import type { MachineEffect, MachineEvent } from './events.ts';

const text = (value: string): ModelPart => ({ type: 'text', text: value });
const progressed = (path: string, part: ModelPart, attempt = 1): MachineEvent => ({
  type: 'attempt-progressed',
  path,
  attempt,
  part,
  nowMs: startMs + 1,
});
const events = (effects: readonly MachineEffect[]): RunEvent[] =>
  effects.flatMap((effect) => (effect.type === 'event' ? [effect.event] : []));
const dataOf = (effects: readonly MachineEffect[], type: RunEvent['type']) =>
  events(effects).flatMap((event) => (event.type === type ? [event.data] : []));
const running = (path: string): StepRecord => ({
  path,
  visit: 1,
  ordinal: 1,
  action: 'generate',
  status: 'running',
  attempts: [],
  input: { prompt: 'hello' },
  costNanoUsd: 0,
  latencyMs: 0,
});

describe('a piece of an answer', () => {
  it('is an event with the next number, and nothing else', () => {
    const { state } = play(claim([generate('a')]), [resumed]);
    const { state: after, effects } = play(state, [
      progressed('a', text('Hi')),
      progressed('a', { type: 'reasoning', text: 'Hm' }),
      progressed('a', { type: 'tool-call', index: 0, id: 'c', name: 'f', argumentsDelta: '{' }),
    ]);
    expect(effects.map(({ type }) => type)).toEqual(['event', 'event', 'event']);
    expect(events(effects)).toEqual([
      { seq: 4, type: 'token', data: { path: 'a', attempt: 1, part: 'Hi' }, atMs: startMs + 1 },
      { seq: 5, type: 'token', data: { path: 'a', attempt: 1, part: { reasoning: 'Hm' } }, atMs: startMs + 1 },
      {
        seq: 6,
        type: 'token',
        data: { path: 'a', attempt: 1, part: { toolCall: { index: 0, id: 'c', name: 'f', argumentsDelta: '{' } } },
        atMs: startMs + 1,
      },
    ]);
    expect(after.steps.get('a')).toEqual({ ...state.steps.get('a'), toldLength: 2 + 2 + 3 });
  });

  it.each<[string, MachineEvent]>([
    ['another attempt', progressed('a', text('x'), 2)],
    ['another step', progressed('b', text('x'))],
  ])('of %s is passed over', (_, event) => {
    const { state } = play(claim([generate('a')]), [resumed]);
    const { state: after, effects } = play(state, [event]);
    expect(effects).toEqual([]);
    expect(after.seq).toBe(state.seq);
  });

  it('that comes after the end of its call is passed over', () => {
    const { effects } = play(claim([generate('a')]), [resumed, succeeded('a'), progressed('a', text('x'))]);
    expect(eventTypes(effects)).not.toContain('token');
  });

  it('is told up to a mebi of characters per answer', () => {
    const half = text('x'.repeat(524_288));
    const { state, effects } = play(claim([generate('a')]), [
      resumed,
      ...[half, half, text('y'), half].map((part) => progressed('a', part)),
    ]);
    expect(dataOf(effects, 'token')).toHaveLength(2);
    // The next answer of the step has its own.
    const { effects: later } = play(
      state,
      [failedWith('a', 'Provider.Unavailable'), progressed('a', text('z'), 2)],
      () => planned,
    );
    expect(eventTypes(later)).toContain('restart');
    expect(dataOf(later, 'token')).toEqual([{ path: 'a', attempt: 2, part: 'z' }]);
  });
});

describe('what was told is taken back', () => {
  it('when the call fails, before the next one', () => {
    const { effects } = play(
      claim([generate('a')]),
      [
        resumed,
        progressed('a', text('x')),
        failedWith('a', 'Provider.Unavailable'),
        progressed('a', text('y'), 2),
        succeeded('a', 2),
      ],
      () => planned,
    );
    expect(eventTypes(effects)).toEqual([
      ...['run-started', 'step-started', 'token', 'step-attempt-failed', 'restart', 'token'],
      ...['step-completed', 'run-completed'],
    ]);
    expect(dataOf(effects, 'restart')).toEqual([{ path: 'a', reason: 'attempt-failed' }]);
  });

  it('when the call fails for good', () => {
    const { effects } = play(claim([generate('a')]), [
      resumed,
      progressed('a', text('x')),
      failedWith('a', 'Provider.InvalidRequest'),
    ]);
    expect(eventTypes(effects).slice(2)).toEqual(['token', 'step-attempt-failed', 'restart', 'step-failed', 'run-failed']);
  });

  it('not when nothing was told', () => {
    const { effects } = play(
      claim([generate('a')]),
      [resumed, failedWith('a', 'Provider.Unavailable'), succeeded('a', 2)],
      () => planned,
    );
    expect(eventTypes(effects)).not.toContain('restart');
  });

  it('when the worker stops in the middle', () => {
    const { effects } = play(claim([generate('a')]), [
      resumed,
      progressed('a', text('x')),
      { type: 'drain', hard: true, nowMs: startMs + 5 },
    ]);
    expect(eventTypes(effects).slice(2)).toEqual(['token', 'step-attempt-abandoned', 'restart', 'run-parked']);
    expect(dataOf(effects, 'restart')).toEqual([{ path: 'a', reason: 'worker-stopped' }]);
  });

  it('after a lost worker, whether or not its call is known', () => {
    const takeover = { isTakeover: true, lostCount: 1, commitNo: 1, seq: 9, epoch: 2 };
    const known = claim([generate('a')], {
      ...takeover,
      steps: [running('a')],
      inFlight: [{ path: 'a', attempt: 1, provider: 'p', model: 'm', reservedNanoUsd: 5 }],
    });
    for (const state of [known, claim([generate('a')], { ...takeover, steps: [running('a')] })]) {
      const { effects } = play(state, [resumed]);
      const types = eventTypes(effects);
      expect(types.filter((type) => type === 'restart')).toHaveLength(1);
      expect(dataOf(effects, 'restart')).toEqual([{ path: 'a', reason: 'worker-lost' }]);
      expect(types.indexOf('restart')).toBeGreaterThan(types.indexOf('run-resumed'));
    }
  });

  it('after a worker that was lost before anything was stored', () => {
    const { effects } = play(claim([generate('a')], { isTakeover: true, lostCount: 1, epoch: 2 }), [resumed]);
    const types = eventTypes(effects);
    expect(types[0]).toBe('run-resumed');
    expect(types.indexOf('restart')).toBeGreaterThan(0);
    expect(types.indexOf('restart')).toBeLessThan(types.indexOf('step-started'));
  });

  it('not after a worker that gave the run back', () => {
    const record = { ...running('a'), status: 'retry_wait' as const, dueAtMs: startMs };
    const { effects } = play(claim([generate('a')], { commitNo: 1, seq: 9, epoch: 2, steps: [record] }), [resumed]);
    expect(eventTypes(effects)).toEqual(['run-resumed']);
  });
});
