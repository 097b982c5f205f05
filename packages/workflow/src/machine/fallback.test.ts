import type {
  AttemptRecord,
  BuiltInStepErrorName,
  JsonObject,
  ModelPlan,
  ModelPlanResult,
  StepRecord,
} from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { stepError } from '../step-failure.ts';
import {
  calls,
  claim,
  eventTypes,
  failedWith,
  generate,
  type PlanModel,
  play,
  resumed,
  startMs,
  succeeded,
  transition,
} from '../testing/play.ts';
import type { MachineEffect, MachineEvent } from './events.ts';
import { commitTotals } from './machine.ts';

const planOf = (provider: string, changes: Partial<ModelPlan> = {}): ModelPlanResult => ({
  ok: true,
  plan: { provider, model: 'm', request: { prompt: 'x' }, worstCaseNanoUsd: 500, ...changes },
});
const exhausted: ModelPlanResult = { ok: false, error: stepError('Provider.Unavailable', 'no more'), isExhausted: true };
const heldBack = (retryAfterMs = 5_000, name: BuiltInStepErrorName = 'Provider.RateLimited'): ModelPlanResult => ({
  ok: false,
  error: stepError(name, 'all circuits are open', { isLocal: true, retryAfterMs }),
});
/** Asks these providers one after the other within a try. */
const chain =
  (...providers: readonly string[]) =>
  ({ previous }: PlanModel): ModelPlanResult => {
    const provider = providers[previous.length];
    return provider === undefined ? exhausted : planOf(provider);
  };
const by = (event: MachineEvent, provider: string): MachineEvent => ({ ...event, provider }) as MachineEvent;
const asked = (effects: readonly MachineEffect[]) => effects.flatMap((effect) => (effect.type === 'plan-model' ? [effect] : []));
const attemptsOf = (effects: readonly MachineEffect[]): readonly AttemptRecord[] =>
  effects.flatMap((effect) => (effect.type === 'record' ? [effect.step.attempts] : [])).at(-1) ?? [];
const providerCalls = (effects: readonly MachineEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'audit' && effect.entry.eventType === 'provider-call' ? [effect.entry] : []));
const timer = (path: string, nowMs: number): MachineEvent => ({ type: 'timer', path, nowMs });
const withRetry = (retry: JsonObject, extra: JsonObject = {}) => generate('a', { retry, ...extra });
const localFailure = (path: string, attempt = 1): MachineEvent => ({
  ...(failedWith(path, 'Provider.RateLimited', attempt) as Extract<MachineEvent, { type: 'attempt-failed' }>),
  error: stepError('Provider.RateLimited', 'held back', { isLocal: true, retryAfterMs: 700 }),
});

describe('a fallback within a try', () => {
  it('is called at once, marked, booked and audited by itself', () => {
    const first = play(claim([generate('a')]), [resumed], chain('one', 'two'));
    const failed = { ...failedWith('a', 'Provider.Overloaded'), costNanoUsd: 40, costBasis: 'reported' } as MachineEvent;
    const second = play(first.state, [by(failed, 'one')], chain('one', 'two'));
    expect(calls(second.effects)).toEqual(['a#2']);
    expect(asked(second.effects)[0]?.previous).toMatchObject([
      { provider: 'one', model: 'm', error: { name: 'Provider.Overloaded', attempt: 1 } },
    ]);
    expect(commitTotals(second.state)).toMatchObject({
      costNanoUsd: 40,
      reservedNanoUsd: 500,
      inFlight: [{ path: 'a', attempt: 2, provider: 'two' }],
    });
    const third = play(second.state, [by(succeeded('a', 2), 'two')]);
    expect(transition(third.effects)).toMatchObject({ status: 'completed' });
    expect(third.state.costNanoUsd).toBe(140);
    expect(attemptsOf(third.effects)).toMatchObject([
      { attempt: 1, outcome: 'failed', provider: 'one', hasFallback: true },
      { attempt: 2, outcome: 'succeeded', provider: 'two', isFallback: true },
    ]);
    const audited = providerCalls([...second.effects, ...third.effects]);
    expect(audited).toMatchObject([
      { provider: 'one', fallbackUsed: false },
      { provider: 'two', fallbackUsed: true },
    ]);
  });

  it('is no fallback for the books where the same vendor is asked again', () => {
    const again = ({ previous }: PlanModel) =>
      previous.length < 2 ? planOf('one', { isRepeat: previous.length > 0 }) : exhausted;
    const failed = by(failedWith('a', 'Provider.Overloaded'), 'one');
    const { effects } = play(claim([generate('a')]), [resumed, failed, by(succeeded('a', 2), 'one')], again);
    expect(providerCalls(effects)).toMatchObject([{ fallbackUsed: false }, { provider: 'one', fallbackUsed: false }]);
    expect(attemptsOf(effects)).toMatchObject([{ hasFallback: true }, { isFallback: true }]);
  });

  it('needs the budget like any other call', () => {
    const state = claim([generate('a')], { maxCostNanoUsd: 520 });
    const failed = { ...failedWith('a', 'Provider.Overloaded'), costNanoUsd: 40, costBasis: 'reported' } as MachineEvent;
    const { effects } = play(state, [resumed, failed], chain('one', 'two'));
    expect(calls(effects)).toEqual(['a#1']);
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
  });

  it('comes after a call that took all the time of its attempt, too', () => {
    const { effects } = play(claim([generate('a')]), [resumed, failedWith('a', 'Step.Timeout')], chain('one', 'two'));
    expect(calls(effects)).toEqual(['a#1', 'a#2']);
  });

  it('is not asked for where the error is neither', () => {
    const { effects } = play(claim([generate('a')]), [resumed, failedWith('a', 'Step.SchemaInvalid')], chain('one', 'two'));
    expect(calls(effects)).toEqual(['a#1']);
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name: 'Step.SchemaInvalid' } });
  });

  it('ends the try with the error of the last call, not of the router', () => {
    const { effects } = play(
      claim([generate('a')]),
      [resumed, failedWith('a', 'Provider.Overloaded'), failedWith('a', 'Provider.Auth', 2)],
      chain('one', 'two'),
    );
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name: 'Provider.Auth', attempt: 2 } });
    expect(attemptsOf(effects).map(({ hasFallback = false, isFallback = false }) => ({ hasFallback, isFallback }))).toEqual([
      { hasFallback: true, isFallback: false },
      { hasFallback: false, isFallback: true },
    ]);
  });

  it('waits as long as the router says, keeps the try, and asks again with the same calls', () => {
    const delayed = ({ previous }: PlanModel) => (previous.length === 0 ? planOf('one') : planOf('one', { delayMs: 9_000 }));
    const parked = play(claim([generate('a')]), [resumed, failedWith('a', 'Provider.Unavailable')], delayed);
    expect(calls(parked.effects)).toEqual(['a#1']);
    expect(transition(parked.effects)).toEqual({ type: 'park', status: 'waiting', wakeInMs: 9_000 });
    const steps = [parked.state.steps.get('a')?.record as StepRecord];
    const again = play(
      claim([generate('a')], { commitNo: 1, steps }),
      [{ type: 'resumed', random: 0, nowMs: startMs + 9_010 }],
      delayed,
    );
    expect(asked(again.effects)[0]?.previous).toHaveLength(1);
    expect(calls(again.effects)).toEqual(['a#2']);
    const short = ({ previous }: PlanModel) => (previous.length === 0 ? planOf('one') : planOf('one', { delayMs: 300 }));
    const slot = play(claim([generate('a')]), [resumed, failedWith('a', 'Provider.Unavailable')], short);
    expect(transition(slot.effects)).toBeUndefined();
    expect(calls(play(slot.state, [timer('a', startMs + 305)], short).effects)).toEqual(['a#2']);
  });

  it('lets the policy decide when the router has given up after a wait', () => {
    let isOver = false;
    const router = ({ previous }: PlanModel) =>
      previous.length === 0 ? planOf('one') : isOver ? exhausted : planOf('one', { delayMs: 300 });
    const waiting = play(
      claim([withRetry({ maxAttempts: 2, delayMs: 10 })]),
      [resumed, failedWith('a', 'Provider.Unavailable')],
      router,
    );
    isOver = true;
    const over = play(waiting.state, [timer('a', startMs + 305)], router);
    expect(eventTypes(over.effects)).toContain('step-retry-scheduled');
    expect(attemptsOf(over.effects)).toMatchObject([{ error: { name: 'Provider.Unavailable' } }]);
    expect(attemptsOf(over.effects)[0]).not.toHaveProperty('hasFallback');
    const next = play(over.state, [timer('a', startMs + 400)], router);
    expect(asked(next.effects)[0]?.previous).toEqual([]);
  });

  it('stays in its try when a worker takes over in the middle of it', () => {
    const before = play(claim([generate('a')]), [resumed, failedWith('a', 'Provider.Overloaded')], chain('one', 'two', 'three'));
    const { inFlight, costNanoUsd } = commitTotals(before.state);
    const steps = [before.state.steps.get('a')?.record as StepRecord];
    const taken = claim([generate('a')], { isTakeover: true, lostCount: 1, commitNo: 1, steps, inFlight, costNanoUsd });
    const after = play(taken, [resumed], chain('one', 'two', 'three'));
    expect(calls(after.effects)).toEqual(['a#3']);
    expect(asked(after.effects)[0]?.previous).toHaveLength(1);
    expect(attemptsOf(after.effects)).toMatchObject([
      { outcome: 'failed', hasFallback: true },
      { outcome: 'abandoned', isFallback: true, costNanoUsd: 500 },
    ]);
  });

  it('is bounded, whatever the router says', () => {
    const events = Array.from({ length: 200 }, (_, index) => failedWith('a', 'Provider.Overloaded', index + 1));
    const { effects } = play(claim([generate('a')]), [resumed, ...events], () => planOf('one'));
    expect(calls(effects).length).toBeLessThanOrEqual(65);
    expect(transition(effects)).toMatchObject({ status: 'failed' });
  });

  it('is written down before its call where another worker might choose otherwise', () => {
    const routing = (candidates: number, open: number): NonNullable<ModelPlan['routing']> => ({
      strategy: 'cheapest',
      provider: 'one',
      model: 'm',
      reason: 'cheapest',
      candidates: Array.from({ length: candidates }, () => ({ provider: 'one', model: 'm', expectedCostUSD: 0, latencyMs: 1 })),
      rejected: Array.from({ length: open }, () => ({ provider: 'two', code: 'circuit-open' as const, reason: 'open' })),
    });
    const isLazy = (plan: ModelPlanResult) => {
      const { effects } = play(claim([generate('a')]), [resumed], plan);
      return effects.flatMap((effect) => (effect.type === 'record' ? [effect.lazy] : [])).every(Boolean);
    };
    expect(isLazy(planOf('one', { routing: routing(1, 0) }))).toBe(true);
    expect(isLazy(planOf('one', { routing: routing(2, 0) }))).toBe(false);
    expect(isLazy(planOf('one', { routing: routing(1, 1) }))).toBe(false);
    const alone = { ...routing(1, 0), rejected: [{ provider: 'two', code: 'not-chosen' as const, reason: 'no fallback' }] };
    expect(isLazy(planOf('one', { routing: { ...alone, strategy: 'weighted' } }))).toBe(false);
    expect(isLazy(planOf('one', { routing: { ...alone, strategy: 'specified' } }))).toBe(true);
  });
});

describe('tries and the retry policy', () => {
  it('count tries, not calls', () => {
    const step = withRetry({ maxAttempts: 2, delayMs: 10 });
    const first = play(
      claim([step]),
      [resumed, failedWith('a', 'Provider.Overloaded'), failedWith('a', 'Provider.Overloaded', 2)],
      chain('one', 'two'),
    );
    expect(eventTypes(first.effects)).toContain('step-retry-scheduled');
    const second = play(first.state, [timer('a', startMs + 20)], chain('one', 'two'));
    expect(calls(second.effects)).toEqual(['a#3']);
    expect(asked(second.effects)[0]?.previous).toEqual([]);
    const last = play(
      second.state,
      [failedWith('a', 'Provider.Overloaded', 3), failedWith('a', 'Provider.Overloaded', 4)],
      chain('one', 'two'),
    );
    expect(transition(last.effects)).toMatchObject({ status: 'failed' });
    expect(attemptsOf(last.effects).map(({ isFallback = false }) => isFallback)).toEqual([false, true, false, true]);
  });

  it('leave the retries of a named provider to the policy', () => {
    const optionsOf = (step: JsonObject) => asked(play(claim([step]), [resumed]).effects)[0]?.options;
    expect(optionsOf(withRetry({ maxAttempts: 3 }, { provider: 'one' }))).toEqual({ maxRetries: 0 });
    expect(optionsOf(generate('a', { provider: 'one' }))).toEqual({});
    expect(optionsOf(withRetry({ maxAttempts: 3 }))).toEqual({});
  });

  it('give the fallbacks of a named provider to the last try only', () => {
    const fallbacks = [{ provider: 'two' }];
    const step = withRetry({ maxAttempts: 2, delayMs: 10 }, { provider: 'one', fallbacks });
    const router = ({ previous, request }: PlanModel) => {
      if (previous.length === 0) return planOf('one');
      return request.fallbacks === undefined ? exhausted : chain('one', 'two')({ previous } as PlanModel);
    };
    const first = play(claim([step]), [resumed, failedWith('a', 'Provider.Overloaded')], router);
    expect(asked(first.effects).map(({ request, options }) => [request.fallbacks, options])).toEqual([
      [undefined, { maxRetries: 0 }],
      [undefined, { maxRetries: 0 }],
    ]);
    const second = play(first.state, [timer('a', startMs + 20), failedWith('a', 'Provider.Overloaded', 2)], router);
    expect(asked(second.effects).map(({ request, options }) => [request.fallbacks, options])).toEqual([
      [fallbacks, {}],
      [fallbacks, {}],
    ]);
    expect(calls(second.effects)).toEqual(['a#2', 'a#3']);
  });

  it('go to the fallbacks at once where no retry can mend the error', () => {
    const fallbacks = [{ provider: 'two' }];
    const step = withRetry({ maxAttempts: 3, delayMs: 10 }, { provider: 'one', fallbacks });
    const router = ({ previous, request }: PlanModel) =>
      request.fallbacks === undefined && previous.length > 0 ? exhausted : chain('one', 'two')({ previous } as PlanModel);
    const { state, effects } = play(claim([step]), [resumed, failedWith('a', 'Provider.Auth')], router);
    expect(calls(effects)).toEqual(['a#1', 'a#2']);
    const end = play(state, [failedWith('a', 'Provider.Auth', 2)], router);
    expect(transition(end.effects)).toMatchObject({ status: 'failed', error: { name: 'Provider.Auth', attempt: 2 } });
    const nobody = ({ request }: PlanModel): ModelPlanResult =>
      request.fallbacks === undefined
        ? { ok: false, error: stepError('Provider.InvalidRequest', 'not configured') }
        : planOf('two');
    expect(calls(play(claim([step]), [resumed], nobody).effects)).toEqual(['a#1']);
  });
});

describe('calls that our own limits hold back', () => {
  it('cost nothing, count for nothing and leave no audit entry', () => {
    const { state, effects } = play(claim([generate('a')]), [resumed, localFailure('a')], chain('one', 'two'));
    expect(calls(effects)).toEqual(['a#1', 'a#2']);
    expect(providerCalls(effects)).toEqual([]);
    const done = play(state, [succeeded('a', 2)]);
    expect(transition(done.effects)).toMatchObject({ status: 'completed' });
    expect(done.state.costNanoUsd).toBe(100);
  });

  it('are planned again a few times where a circuit is open, then the step fails', () => {
    const refused = heldBack(5_000, 'Provider.Overloaded');
    let step = play(claim([generate('a')]), [resumed], refused);
    for (const [index, wakeInMs] of [5_000, 5_000, 12_000].entries()) {
      const wait = index + 1;
      expect(transition(step.effects)).toMatchObject({ type: 'park', status: 'waiting', wakeInMs });
      const steps = [step.state.steps.get('a')?.record as StepRecord];
      const nowMs = startMs + wait * 20_000;
      step = play(claim([generate('a')], { commitNo: wait, steps }), [{ type: 'resumed', random: 0, nowMs }], refused);
    }
    expect(transition(step.effects)).toMatchObject({ status: 'failed', error: { name: 'Provider.Overloaded', isLocal: true } });
    const long = play(claim([generate('a')]), [resumed], heldBack(3_600_000));
    expect(transition(long.effects)).toMatchObject({ wakeInMs: 30_000 });
  });

  it('get through behind a limit, however long the queue in front of it', () => {
    let step = play(claim([generate('a')]), [resumed], heldBack());
    let waits = 0;
    while (transition(step.effects)?.type === 'park') {
      waits += 1;
      const steps = [step.state.steps.get('a')?.record as StepRecord];
      const nowMs = startMs + waits * 30_000;
      step = play(claim([generate('a')], { commitNo: waits, steps }), [{ type: 'resumed', random: 0, nowMs }], heldBack());
    }
    expect(waits).toBe(100);
    expect(transition(step.effects)).toMatchObject({ status: 'failed', error: { name: 'Provider.RateLimited', isLocal: true } });
  });

  it('wait longer each time where nobody knows when a place becomes free', () => {
    let step = play(claim([generate('a')]), [resumed], heldBack(500));
    const waits: number[] = [];
    for (let wait = 1; wait <= 3; wait += 1) {
      const record = step.state.steps.get('a')?.record as StepRecord;
      const nowMs = startMs + wait * 20_000;
      waits.push((record.dueAtMs ?? 0) - (nowMs - 20_000));
      step = play(
        claim([generate('a')], { commitNo: wait, steps: [record] }),
        [{ type: 'resumed', random: 0, nowMs }],
        heldBack(500),
      );
    }
    expect(waits).toEqual([750, 3_000, 12_000]);
  });

  it('use up no attempt of a policy', () => {
    const step = withRetry({ maxAttempts: 2, delayMs: 10 });
    const { effects } = play(claim([step]), [resumed], heldBack());
    expect(transition(effects)).toMatchObject({ type: 'park', wakeInMs: 5_000 });
    const steps = effects.flatMap((effect) => (effect.type === 'record' ? [effect.step] : [])).slice(-1);
    const again = play(
      claim([step], { commitNo: 1, steps }),
      [{ type: 'resumed', random: 0, nowMs: startMs + 6_000 }],
      planOf('one'),
    );
    expect(calls(again.effects)).toEqual(['a#2']);
    const failed = play(again.state, [failedWith('a', 'Provider.Overloaded', 2)], exhausted);
    expect(failed.state.steps.get('a')?.record).toMatchObject({ status: 'retry_wait' });
  });

  it('are made in spite of a cool-down where the policy of the step itself says when', () => {
    const asked: PlanModel['options'][] = [];
    const router = (question: PlanModel) => {
      asked.push(question.options);
      return asked.length === 1 ? planOf('one') : exhausted;
    };
    const step = withRetry({ maxAttempts: 2, delayMs: 0 }, { provider: 'one' });
    const { state } = play(claim([step]), [resumed, failedWith('a', 'Provider.RateLimited')], router);
    play(state, [{ type: 'timer', path: 'a', nowMs: startMs + 10 }], router);
    expect(asked[0]).toEqual({ maxRetries: 0 });
    expect(asked.at(-1)).toEqual({ maxRetries: 0, ignoresCoolDowns: true });
  });

  it('that waiting does not mend fail the step, unless the policy names them', () => {
    const refused: ModelPlanResult = {
      ok: false,
      error: { ...stepError('Provider.Auth', 'the key was refused', { isLocal: true }), retryable: false },
    };
    expect(transition(play(claim([generate('a')]), [resumed], refused).effects)).toMatchObject({ status: 'failed' });
    const named = withRetry({ maxAttempts: 2, delayMs: 5_000, retryOn: ['Provider.Auth'] });
    expect(transition(play(claim([named]), [resumed], refused).effects)).toMatchObject({ type: 'park', wakeInMs: 5_000 });
  });

  it('do not hide what a vendor said before', () => {
    const router = ({ previous }: PlanModel) => (previous.length === 0 ? planOf('one') : heldBack());
    const { effects } = play(claim([generate('a')]), [resumed, failedWith('a', 'Provider.Overloaded')], router);
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name: 'Provider.Overloaded' } });
  });

  it('close the books of a lost worker that may have made the call', () => {
    const result: ModelPlanResult = {
      ...(heldBack() as Extract<ModelPlanResult, { ok: false }>),
      heldBack: { provider: 'one', model: 'm', worstCaseNanoUsd: 77 },
    };
    const { state } = play(claim([generate('a')], { isTakeover: true, lostCount: 1 }), [resumed], result);
    expect(state.costNanoUsd).toBe(77);
    expect(state.steps.get('a')?.record.attempts).toMatchObject([{ outcome: 'abandoned' }, { outcome: 'failed' }]);
    const poor = claim([generate('a')], { isTakeover: true, lostCount: 1, maxCostNanoUsd: 76 });
    expect(play(poor, [resumed], result).state.costNanoUsd).toBe(0);
  });
});

describe('an explanation', () => {
  const routing: NonNullable<ModelPlan['routing']> = {
    strategy: 'cheapest',
    provider: 'p',
    model: 'm',
    reason: 'It is the cheapest.',
    candidates: [],
    rejected: [],
  };
  it.each([
    [
      'stays with the attempts where the request asks for it',
      { kind: 'generate' as const, input: { prompt: 'x', explain: true } },
      true,
    ],
    ['is in the audit only, otherwise', { kind: 'generate' as const, input: { prompt: 'x' } }, false],
    ['is nothing that a workflow asks for by its input', { input: { explain: true } }, false],
  ])('%s', (_, overrides, isKept) => {
    const state = claim([generate('a')], overrides);
    const { effects } = play(state, [resumed, succeeded('a')], planOf('p', { routing }));
    expect(providerCalls(effects)).toMatchObject([{ routingDecision: routing, fallbackUsed: false }]);
    expect(attemptsOf(effects)[0]?.routing).toEqual(isKept ? routing : undefined);
  });

  it('comes with tool calls, sources and reasoning of the answer', () => {
    const facts = {
      toolCalls: [{ id: 't1', name: 'find', arguments: '{}' }],
      citations: [{ url: 'https://example.com' }],
      reasoning: 'because',
    };
    const { effects } = play(claim([generate('a')]), [resumed, { ...succeeded('a'), ...facts } as MachineEvent]);
    expect(attemptsOf(effects)).toMatchObject([facts]);
  });
});
