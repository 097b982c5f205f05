import type { StepRecord } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { stepError } from '../step-failure.ts';
import {
  calls,
  claim,
  eventTypes,
  failedWith,
  generate,
  play,
  resumed,
  startMs,
  succeeded,
  transition,
  worstCaseNanoUsd,
} from '../testing/play.ts';
import type { MachineEvent } from './events.ts';
import { advance, commitTotals, maxLostWorkers } from './machine.ts';

describe('advance', () => {
  it('runs a sequence step by step and ends with the last output', () => {
    const first = play(claim([generate('a'), generate('b')]), [resumed]);
    expect(calls(first.effects)).toEqual(['a#1']);
    const second = play(first.state, [succeeded('a')]);
    expect(calls(second.effects)).toEqual(['b#1']);
    const third = play(second.state, [succeeded('b')]);
    expect(transition(third.effects)).toMatchObject({ type: 'finish', status: 'completed', output: 'out b', degraded: false });
    expect(third.state.costNanoUsd).toBe(200);
    expect(eventTypes([...first.effects, ...second.effects, ...third.effects])).toEqual([
      'run-started',
      'step-started',
      'step-completed',
      'step-started',
      'step-completed',
      'run-completed',
    ]);
  });

  it('tells with a completed step what it took', () => {
    const { effects } = play(claim([generate('a')]), [resumed, succeeded('a')]);
    const [data] = effects.flatMap((effect) =>
      effect.type === 'event' && effect.event.type === 'step-completed' ? [effect.event.data] : [],
    );
    expect(data).toMatchObject({ path: 'a', provider: 'p', model: 'm', attempts: 1, costNanoUsd: 100 });
    expect(Object.keys(data ?? {})).toEqual(expect.arrayContaining(['latencyMs', 'promptTokens', 'completionTokens']));
  });

  it('numbers events without a gap', () => {
    const { effects } = play(claim([{ id: 'a', action: 'noop' }]), [resumed, succeeded('a')]);
    expect(effects.flatMap((effect) => (effect.type === 'event' ? [effect.event.seq] : []))).toEqual([2, 3, 4, 5]);
  });

  it('changes nothing for a repeated, late or foreign outcome', () => {
    const first = play(claim([generate('a'), generate('b')]), [resumed]);
    const second = play(first.state, [succeeded('a')]);
    for (const stale of [succeeded('a'), succeeded('b', 2), failedWith('a', 'Provider.Unavailable'), succeeded('zzz')]) {
      expect(advance(second.state, stale).effects).toEqual([]);
    }
  });

  it('does not change the state it was given', () => {
    const { state } = play(claim([generate('a')]), [resumed]);
    const before = structuredClone({ ...state, plan: null });
    play(state, [succeeded('a')]);
    expect(structuredClone({ ...state, plan: null })).toEqual(before);
  });

  it('retries inside the worker when the wait is short, and parks when it is long', () => {
    const short = play(claim([generate('a', { retry: { maxAttempts: 3, delayMs: 1_000 } })]), [
      resumed,
      failedWith('a', 'Provider.Unavailable'),
    ]);
    expect(short.effects.find((effect) => effect.type === 'set-timer')).toMatchObject({ dueAtMs: startMs + 1_005 });
    expect(transition(short.effects)).toBeUndefined();
    expect(calls(play(short.state, [{ type: 'timer', path: 'a', nowMs: startMs + 1_005 }]).effects)).toEqual(['a#2']);

    const long = play(claim([generate('a', { retry: { maxAttempts: 3, delayMs: 9_000 } })]), [
      resumed,
      failedWith('a', 'Provider.Unavailable'),
    ]);
    expect(transition(long.effects)).toEqual({ type: 'park', status: 'waiting', wakeInMs: 9_000 });
  });

  it('runs the failure handler with the error, and marks the run degraded', () => {
    const steps = [generate('a', { onFailure: 'handler' }), { id: 'handler', action: 'transform', set: '{{error.name}}' }];
    const { effects } = play(claim(steps), [resumed, failedWith('a', 'Provider.Auth')]);
    expect(effects.find((effect) => effect.type === 'run-attempt' && effect.path === 'handler')).toMatchObject({
      work: { input: 'Provider.Auth' },
    });
    const end = play(play(claim(steps), [resumed, failedWith('a', 'Provider.Auth')]).state, [succeeded('handler')]);
    expect(transition(end.effects)).toMatchObject({ status: 'completed', degraded: true });
  });

  it('never falls into a failure handler after a success', () => {
    const steps = [generate('a', { onFailure: 'handler' }), generate('handler')];
    const { effects } = play(claim(steps), [resumed, succeeded('a')]);
    expect(transition(effects)).toMatchObject({ status: 'completed', degraded: false });
  });

  it('skips a step whose condition is false and records the value', () => {
    const { effects } = play(claim([generate('a', { when: 'input.depth > 5' }), generate('b')]), [resumed]);
    expect(effects.find((effect) => effect.type === 'record')).toMatchObject({
      step: { status: 'skipped', skipReason: 'condition', condition: false },
    });
    expect(calls(effects)).toEqual(['b#1']);
  });

  it('fails a step whose condition or template has no value', () => {
    const condition = play(claim([generate('a', { when: 'input.nothing > 5' })]), [resumed]);
    expect(transition(condition.effects)).toMatchObject({ status: 'failed', error: { name: 'Step.ConditionError' } });
    const template = play(claim([generate('a', { input: { prompt: '{{input.nothing}}' } })]), [resumed]);
    expect(transition(template.effects)).toMatchObject({ status: 'failed', error: { name: 'Step.TemplateError' } });
  });

  it('never calls when the worst case is over the budget, or the price is unknown', () => {
    const over = play(claim([generate('a')], { maxCostNanoUsd: worstCaseNanoUsd - 1 }), [resumed]);
    expect(calls(over.effects)).toEqual([]);
    expect(transition(over.effects)).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
    const unknown = play(claim([generate('a', { maxCostUSD: 5 })]), [resumed], {
      ok: true,
      plan: { provider: 'p', model: 'm', request: { prompt: 'x' }, worstCaseNanoUsd: null },
    });
    expect(transition(unknown.effects)).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
    const within = play(claim([generate('a')], { maxCostNanoUsd: worstCaseNanoUsd }), [resumed]);
    expect(calls(within.effects)).toEqual(['a#1']);
    expect(commitTotals(within.state)).toMatchObject({
      reservedNanoUsd: worstCaseNanoUsd,
      inFlight: [{ path: 'a', attempt: 1, reservedNanoUsd: worstCaseNanoUsd }],
    });
  });

  it('books the reservation when nobody knows whether a timed-out call was charged', () => {
    const timedOut: MachineEvent = {
      type: 'attempt-failed',
      path: 'a',
      attempt: 1,
      error: stepError('Step.Timeout', 'slow'),
      latencyMs: 5,
      nowMs: startMs,
      random: 0,
      costNanoUsd: 0,
      costBasis: 'reserved',
    };
    const { state } = play(claim([generate('a')]), [resumed, timedOut]);
    expect(state.costNanoUsd).toBe(worstCaseNanoUsd);
  });
});

describe('a takeover', () => {
  const running: StepRecord = {
    path: 'a',
    visit: 1,
    ordinal: 1,
    action: 'generate',
    status: 'running',
    attempts: [],
    costNanoUsd: 0,
    latencyMs: 0,
  };

  it('books the attempt that was written down at its reservation and tries again', () => {
    const inFlight = [{ path: 'a', attempt: 1, provider: 'p', model: 'm', reservedNanoUsd: 321 }];
    const { state, effects } = play(claim([generate('a')], { isTakeover: true, lostCount: 1, inFlight, steps: [running] }), [
      resumed,
    ]);
    expect(calls(effects)).toEqual(['a#2']);
    expect(state.costNanoUsd).toBe(321);
    expect(state.steps.get('a')?.record.attempts).toMatchObject([
      { attempt: 1, outcome: 'abandoned', costNanoUsd: 321, costBasis: 'reserved' },
    ]);
  });

  it('books the worst case when nothing was written down', () => {
    const { state, effects } = play(claim([generate('a')], { isTakeover: true, lostCount: 1 }), [resumed]);
    expect(calls(effects)).toEqual(['a#2']);
    expect(state.costNanoUsd).toBe(worstCaseNanoUsd);
    expect(effects.some((effect) => effect.type === 'record' && !effect.lazy)).toBe(true);
  });

  it('does not book a call that the budget forbade to the lost worker too', () => {
    const budget = { isTakeover: true, lostCount: 1, maxCostNanoUsd: worstCaseNanoUsd - 1 };
    const { state, effects } = play(claim([generate('a')], budget), [resumed]);
    expect(calls(effects)).toEqual([]);
    expect(state.costNanoUsd).toBe(0);
    expect(state.steps.get('a')?.record).toMatchObject({ status: 'failed', attempts: [], error: { name: 'Budget.Exceeded' } });
  });

  it('does not book anything for a retry that was not due yet', () => {
    const waiting: StepRecord = {
      ...running,
      status: 'retry_wait',
      dueAtMs: startMs + 1_000,
      attempts: [{ attempt: 1, outcome: 'failed', latencyMs: 1, costNanoUsd: 0, costBasis: 'none' }],
    };
    const { state, effects } = play(
      claim([generate('a', { retry: { maxAttempts: 2 } })], { isTakeover: true, lostCount: 1, steps: [waiting] }),
      [resumed],
    );
    expect(calls(effects)).toEqual([]);
    expect(calls(play(state, [{ type: 'timer', path: 'a', nowMs: startMs + 1_000 }]).effects)).toEqual(['a#2']);
    expect(state.costNanoUsd).toBe(0);
  });

  it('does not count against maxAttempts', () => {
    const { state } = play(
      claim([generate('a', { retry: { maxAttempts: 2, delayMs: 10 } })], { isTakeover: true, lostCount: 1 }),
      [resumed],
    );
    const { effects } = play(state, [failedWith('a', 'Provider.Unavailable', 2)]);
    expect(eventTypes(effects)).toContain('step-retry-scheduled');
  });

  it('ends a run that has lost too many workers in a row as poison', () => {
    const { effects } = play(claim([generate('a')], { isTakeover: true, lostCount: maxLostWorkers }), [resumed]);
    expect(calls(effects)).toEqual([]);
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name: 'Worker.Lost' } });
  });

  it('forgets lost workers once a step has finished', () => {
    const { state } = play(claim([generate('a'), generate('b')], { isTakeover: true, lostCount: 4 }), [
      resumed,
      succeeded('a', 2),
    ]);
    expect(commitTotals(state).lostCount).toBe(0);
  });
});

describe('cancellation, deadline, shutdown', () => {
  it('aborts the call in flight and books its reservation', () => {
    const { state, effects } = play(claim([generate('a'), generate('b')]), [
      resumed,
      { type: 'cancel-requested', nowMs: startMs + 1 },
    ]);
    expect(effects.some((effect) => effect.type === 'abort-attempt')).toBe(true);
    expect(transition(effects)).toMatchObject({ status: 'cancelled', error: { name: 'Run.Cancelled' } });
    expect(state.costNanoUsd).toBe(worstCaseNanoUsd);
    expect(advance(state, succeeded('a')).effects).toEqual([]);
  });

  it.each([
    ['cancelled', { cancelRequested: true }],
    ['failed', { timeoutMs: 10_000 }],
  ] as const)('ends a run as %s that a lost worker left with its last wait over', (status, overrides) => {
    const dueAtMs = startMs + 1_500;
    const waited: StepRecord = {
      path: 'd',
      visit: 1,
      ordinal: 1,
      action: 'delay',
      status: 'waiting',
      attempts: [],
      costNanoUsd: 0,
      latencyMs: 0,
      dueAtMs,
    };
    const lost = { ...overrides, isTakeover: true, lostCount: 1, commitNo: 1, steps: [waited] };
    const state = claim([{ id: 'd', action: 'delay', delayMs: 1_500 }], lost);
    expect(transition(play(state, [{ type: 'resumed', random: 0.5, nowMs: startMs + 20_000 }]).effects)).toMatchObject({
      status,
    });
  });

  it('does not start anything when cancellation was requested before the claim', () => {
    const { effects } = play(claim([generate('a')], { cancelRequested: true }), [resumed]);
    expect(calls(effects)).toEqual([]);
    expect(transition(effects)).toMatchObject({ status: 'cancelled' });
  });

  it('fails the run at its deadline and wakes a parked run in time for it', () => {
    const late = play(claim([generate('a', { onFailure: 'end' })], { timeoutMs: 1_000 }), [
      resumed,
      { type: 'deadline', nowMs: startMs + 1_000 },
    ]);
    expect(transition(late.effects)).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' } });
    const parked = play(claim([{ id: 'd', action: 'delay', delayMs: 60_000 }], { timeoutMs: 5_000 }), [resumed]);
    expect(transition(parked.effects)).toEqual({ type: 'park', status: 'waiting', wakeInMs: 5_000 });
  });

  it('lets the attempt in flight end, then gives the run back', () => {
    const soft = play(claim([generate('a'), generate('b')]), [resumed, { type: 'drain', hard: false, nowMs: startMs }]);
    expect(transition(soft.effects)).toBeUndefined();
    const after = play(soft.state, [succeeded('a')]);
    expect(calls(after.effects)).toEqual([]);
    expect(transition(after.effects)).toEqual({ type: 'park', status: 'queued', wakeInMs: 0 });
  });

  it('gives the run back at once when the time is up', () => {
    const { state, effects } = play(claim([generate('a')]), [resumed, { type: 'drain', hard: true, nowMs: startMs }]);
    expect(transition(effects)).toEqual({ type: 'park', status: 'queued', wakeInMs: 0 });
    expect(state.steps.get('a')?.record).toMatchObject({ status: 'retry_wait', attempts: [{ outcome: 'abandoned' }] });
    const again = play(claim([generate('a')], { commitNo: 1, steps: [state.steps.get('a')?.record as StepRecord] }), [resumed]);
    expect(calls(again.effects)).toEqual(['a#2']);
  });
});

describe('delay', () => {
  it('holds no worker while it is long, and completes when it is due', () => {
    const first = play(claim([{ id: 'd', action: 'delay', delayMs: 60_000 }, generate('a')]), [resumed]);
    expect(transition(first.effects)).toEqual({ type: 'park', status: 'waiting', wakeInMs: 60_000 });
    const record = first.state.steps.get('d')?.record as StepRecord;
    const again = play(claim([{ id: 'd', action: 'delay', delayMs: 60_000 }, generate('a')], { commitNo: 1, steps: [record] }), [
      { type: 'resumed', random: 0.5, nowMs: startMs + 60_000 },
    ]);
    expect(calls(again.effects)).toEqual(['a#1']);
  });
});
