import type { ApprovalState, ClaimedRun, JsonObject, ModelPlanResult, NewApproval } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { calls, claim, eventTypes, generate, play, resumed, startMs, succeeded, transition } from '../testing/play.ts';
import type { MachineEffect, MachineEvent } from './events.ts';
import type { RunState } from './state.ts';

const dayMs = 86_400_000;
const plan = (worstCaseNanoUsd: number | null, thresholdUSD = 1): ModelPlanResult => ({
  ok: true,
  plan: { provider: 'p', model: 'm', request: { prompt: 'x' }, worstCaseNanoUsd, approval: { thresholdUSD } },
});
const costly = 2_500_000_000;
const approvalsIn = (effects: readonly MachineEffect[]): readonly NewApproval[] =>
  effects.flatMap((effect) => (effect.type === 'approval' ? [effect.approval] : []));
const audited = (effects: readonly MachineEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'audit' ? [effect.entry.eventType] : []));
const at = (nowMs: number): MachineEvent => ({ type: 'resumed', random: 0.5, nowMs });

/** The run as the next worker finds it after the decision. */
function decided(
  state: RunState,
  status: ApprovalState['status'],
  steps: readonly JsonObject[] = [generate('a')],
  overrides: Partial<ClaimedRun> = {},
): RunState {
  return claim(steps, {
    commitNo: 1,
    steps: [...state.steps.values()].map((step) => step.record),
    approvals: state.approvals.map((approval) => (approval.status === 'pending' ? { ...approval, status } : approval)),
    ...overrides,
  });
}

const ask = (steps: readonly JsonObject[] = [generate('a')], overrides: Partial<ClaimedRun> = {}) =>
  play(claim(steps, overrides), [resumed], plan(costly));

describe('an approval', () => {
  it('is asked for before the call, and frees the slot', () => {
    const { state, effects } = ask([generate('a')], { timeoutMs: 10 * dayMs });
    expect(calls(effects)).toEqual([]);
    expect(transition(effects)).toEqual({ type: 'park', status: 'waiting_approval', wakeInMs: dayMs });
    const [approval] = approvalsIn(effects);
    expect(approval).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      path: 'a',
      kind: 'cost',
      provider: 'p',
      model: 'm',
      estimatedCostNanoUsd: costly,
      thresholdUSD: 1,
      expiresInMs: dayMs,
    });
    expect(approval?.message).toContain('2.5 USD');
    expect(state.steps.get('a')?.record).toMatchObject({
      status: 'waiting_approval',
      dueAtMs: startMs + dayMs,
      approval: { id: approval?.id, estimatedCostNanoUsd: costly, thresholdUSD: 1, expiresAtMs: startMs + dayMs },
    });
    expect(eventTypes(effects)).toContain('approval-requested');
    expect(audited(effects)).toEqual(['approval-requested']);
    expect(approvalsIn(ask([generate('a')], { timeoutMs: 10 * dayMs }).effects)).toEqual([approval]);
  });

  it('is not asked for past the deadline of the run', () => {
    expect(approvalsIn(ask([generate('a')], { timeoutMs: 60_000 }).effects)).toMatchObject([{ expiresInMs: 60_000 }]);
  });

  it('lets the call go on that costs no more', () => {
    const granted = decided(ask().state, 'approved');
    const same = play(granted, [at(startMs + 60_000)], plan(costly));
    expect(calls(same.effects)).toEqual(['a#1']);
    expect(same.state.steps.get('a')?.record).not.toHaveProperty('approval');
    expect(calls(play(granted, [at(startMs + 60_000)], plan(costly - 1)).effects)).toEqual(['a#1']);
    const end = play(same.state, [succeeded('a')]);
    expect(transition(end.effects)).toMatchObject({ status: 'completed' });
  });

  it('is asked for again where the call would cost more by now, under another id', () => {
    const first = ask();
    const second = play(decided(first.state, 'approved'), [at(startMs + 60_000)], plan(costly + 1));
    expect(calls(second.effects)).toEqual([]);
    const [again] = approvalsIn(second.effects);
    expect(again).toMatchObject({ estimatedCostNanoUsd: costly + 1 });
    expect(again?.id).not.toBe(approvalsIn(first.effects)[0]?.id);
  });

  it('of an unknown price covers an unknown price, and nothing else', () => {
    const unknown = play(claim([generate('a')]), [resumed], plan(null));
    expect(approvalsIn(unknown.effects)).toMatchObject([{ estimatedCostNanoUsd: null }]);
    const granted = decided(unknown.state, 'approved');
    expect(calls(play(granted, [at(startMs + 1_000)], plan(null)).effects)).toEqual(['a#1']);
    expect(calls(play(granted, [at(startMs + 1_000)], plan(costly)).effects)).toEqual([]);
    expect(calls(play(decided(ask().state, 'approved'), [at(startMs + 1_000)], plan(null)).effects)).toEqual([]);
  });

  it('is never asked for where the budget forbids the call', () => {
    const poor = play(claim([generate('a')], { maxCostNanoUsd: costly - 1 }), [resumed], plan(costly));
    expect(approvalsIn(poor.effects)).toEqual([]);
    expect(transition(poor.effects)).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
    const unknown = play(claim([generate('a')], { maxCostNanoUsd: 1 }), [resumed], plan(null));
    expect(transition(unknown.effects)).toMatchObject({ status: 'failed', error: { name: 'Budget.Exceeded' } });
  });

  it.each([
    ['rejected', 'Approval.Rejected', []],
    ['expired', 'Approval.Expired', ['approval-expired']],
  ] as const)('%s fails the step with %s', (status, name, entries) => {
    const { effects } = play(decided(ask().state, status), [at(startMs + 60_000)], plan(costly));
    expect(calls(effects)).toEqual([]);
    expect(transition(effects)).toMatchObject({ status: 'failed', error: { name, attempt: 1 } });
    expect(audited(effects).filter((entry) => entry.startsWith('approval-'))).toEqual(entries);
  });

  it('rejected is tried again only where retryOn names it, and leads to the failure handler', () => {
    const plain = [generate('a', { retry: { maxAttempts: 3, delayMs: 60_000 } })];
    const rejected = (steps: readonly JsonObject[]) =>
      play(decided(ask(steps).state, 'rejected', steps), [at(startMs + 60_000)], plan(costly));
    expect(transition(rejected(plain).effects)).toMatchObject({ status: 'failed' });
    const named = [generate('a', { retry: { maxAttempts: 3, delayMs: 60_000, retryOn: ['Approval.*'] } })];
    const retried = rejected(named);
    expect(transition(retried.effects)).toMatchObject({ type: 'park', status: 'waiting', wakeInMs: 60_000 });
    const again = play(decided(retried.state, 'pending', named), [at(startMs + 120_000)], plan(costly));
    expect(approvalsIn(again.effects)).toHaveLength(1);
    const handled = [generate('a', { onFailure: 'b' }), { id: 'b', action: 'transform', set: '{{error.name}}' }];
    expect(calls(rejected(handled).effects)).toEqual(['b#1']);
  });

  it('still open leaves the run parked, until the clock of the store says otherwise', () => {
    const { state } = ask([generate('a')], { timeoutMs: 10 * dayMs });
    const early = play(decided(state, 'pending', undefined, { timeoutMs: 10 * dayMs }), [at(startMs + 1_000)], plan(costly));
    expect(transition(early.effects)).toEqual({ type: 'park', status: 'waiting_approval', wakeInMs: dayMs - 1_000 });
    const almost = play(decided(state, 'pending', undefined, { timeoutMs: 10 * dayMs }), [at(startMs + dayMs + 5)], plan(costly));
    expect(transition(almost.effects)).toEqual({ type: 'park', status: 'waiting_approval', wakeInMs: 50 });
  });

  it('is over with its run', () => {
    const { state } = ask();
    const cancelled = play(
      decided(state, 'cancelled', undefined, { cancelRequested: true }),
      [at(startMs + 1_000)],
      plan(costly),
    );
    expect(transition(cancelled.effects)).toMatchObject({ status: 'cancelled', steps: [{ status: 'cancelled' }] });
    expect(cancelled.state.steps.get('a')?.record).not.toHaveProperty('approval');
    const late = play(decided(state, 'expired', undefined, { timeoutMs: 60_000 }), [at(startMs + 60_001)], plan(costly));
    expect(transition(late.effects)).toMatchObject({ status: 'failed', error: { name: 'Run.Timeout' } });
  });

  it('granted does not hide the call that a lost worker may have made', () => {
    const lost = decided(ask().state, 'approved', undefined, { isTakeover: true, lostCount: 1 });
    const { state, effects } = play(lost, [at(startMs + 1_000)], plan(costly));
    expect(calls(effects)).toEqual(['a#2']);
    expect(state.costNanoUsd).toBe(costly);
    const open = decided(ask().state, 'pending', undefined, { isTakeover: true, lostCount: 1 });
    expect(play(open, [at(startMs + 1_000)], plan(costly)).state.costNanoUsd).toBe(0);
  });
});
