import type { AttemptRecord, StepRecord } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { createRecord, type WorldRecord } from '../world/record.ts';
import { stepPaths } from '../world/workflow.ts';
import { auditWorld } from './audit.ts';
import type { EventFacts, Facts, RunFacts } from './facts.ts';

const price = 100;
const runId = 'run-1';
const succeeded: AttemptRecord = {
  attempt: 1,
  outcome: 'succeeded',
  latencyMs: 1,
  provider: 'openai',
  costNanoUsd: price,
  costBasis: 'catalogue',
};
const abandoned: AttemptRecord = { ...succeeded, outcome: 'abandoned', costBasis: 'reserved' };

interface Scene {
  readonly record: WorldRecord;
  readonly facts: Facts;
}

/** What is left of one run that went well, with these attempts per step, of which the upstream saw so many. */
function scene(
  attempts: Partial<Record<string, readonly AttemptRecord[]>> = {},
  seen: Partial<Record<string, number>> = {},
): Scene {
  const records = stepPaths.map((path, index): StepRecord => {
    const own = (attempts[path] ?? [succeeded]).map((attempt, position) => ({ ...attempt, attempt: position + 1 }));
    return {
      path,
      visit: 1,
      ordinal: index + 1,
      action: 'generate',
      status: 'completed',
      attempts: own,
      costNanoUsd: own.length * price,
      latencyMs: 1,
    };
  });
  const costNanoUsd = records.reduce((sum, { costNanoUsd: cost }) => sum + cost, 0);
  const run: RunFacts = {
    id: runId,
    status: 'completed',
    isWakeSet: false,
    reservedNanoUsd: 0,
    costNanoUsd,
    maxCostNanoUsd: null,
    inFlight: [],
    eventSeq: 5,
    idempotencyKey: 'key-1',
    steps: records,
  };
  const types = ['run-accepted', 'step-completed', 'step-completed', 'step-completed', 'run-completed'];
  const record = createRecord();
  record.accepted.push({ key: 'key-1', runId, tookMs: 1 });
  return {
    record,
    facts: {
      runs: [run],
      steps: records.map((step) => ({ runId, status: 'completed', record: step })),
      events: types.map((type, index): EventFacts => {
        const path = type === 'step-completed' ? stepPaths[index - 1] : undefined;
        return { runId, epoch: Math.min(index, 1), seq: index + 1, type, data: path === undefined ? {} : { path }, atMs: index };
      }),
      audit: [
        { runId, eventType: 'run-accepted', path: null, costNanoUsd: null, attempt: null },
        ...records.flatMap(({ path, attempts: own }) =>
          own.map(({ attempt }) => ({ runId, eventType: 'provider-call', path, costNanoUsd: price, attempt })),
        ),
        { runId, eventType: 'run-completed', path: null, costNanoUsd, attempt: null },
      ],
      calls: records.flatMap(({ path, attempts: own }) =>
        Array.from({ length: seen[path] ?? own.length }, () => ({
          idempotencyKey: `${runId}.${path}.1`,
          chargedNanoUsd: price,
        })),
      ),
    },
  };
}

const audit = ({ record, facts }: Scene) => auditWorld(record, facts, stepPaths);
const withRun = (before: Scene, change: Partial<RunFacts>): Scene => ({
  ...before,
  facts: { ...before.facts, runs: before.facts.runs.map((run) => ({ ...run, ...change })) },
});
const withFacts = (before: Scene, change: (facts: Facts) => Partial<Facts>): Scene => ({
  ...before,
  facts: { ...before.facts, ...change(before.facts) },
});

describe('auditWorld', () => {
  it('finds nothing wrong with a run that went well', () => {
    expect(audit(scene())).toMatchObject({ violations: [], runs: 1, lost: 0, extraCalls: 0, costDifferenceNanoUsd: 0 });
  });

  it('accepts a repeated call per lost worker, seen by the upstream or not', () => {
    const repeated = { review: [abandoned, succeeded] };
    expect(audit(scene(repeated))).toMatchObject({ violations: [], extraCalls: 1, unseenNanoUsd: 0, abandonedAttempts: 1 });
    expect(audit(scene(repeated, { review: 1 }))).toMatchObject({
      violations: [],
      extraCalls: 0,
      unseenAttempts: 1,
      unseenNanoUsd: price,
      costDifferenceNanoUsd: 0,
    });
  });

  const broken: readonly (readonly [name: string, scene: Scene, violation: RegExp])[] = [
    ['a run that did not end', withRun(scene(), { status: 'queued', isWakeSet: true }), /did not end/],
    ['a run that nothing will wake', withRun(scene(), { status: 'waiting' }), /nothing will wake it/],
    ['a reservation left', withRun(scene(), { reservedNanoUsd: 1 }), /reservation/],
    ['a finished run that is due', withRun(scene(), { isWakeSet: true }), /still due/],
    ['other steps in the run than in their rows', withRun(scene(), { steps: [] }), /materialised/],
    ['a total that is not the sum', withRun(scene(), { costNanoUsd: 299 }), /costs 299/],
    ['a charge over the budget', withRun(scene(), { maxCostNanoUsd: 299 }), /charged 300 on a budget of 299/],
    ['a run accepted and unknown', withFacts(scene(), () => ({ runs: [] })), /is not there/],
    [
      'a gap in the events',
      withFacts(scene(), ({ events }) => ({ events: events.filter(({ seq }) => seq !== 3) })),
      /event numbers/,
    ],
    [
      'a second result of a step',
      withFacts(scene(), ({ events }) => ({
        events: events.map((event) => (event.seq === 4 ? { ...event, data: { path: 'review' } } : event)),
      })),
      /review has 2 results/,
    ],
    ['a missing step', withFacts(scene(), ({ steps }) => ({ steps: steps.slice(1) })), /completed with the steps/],
    ['a call that no attempt stands for', scene({}, { review: 2 }), /called 2 times, 1 are recorded/],
    ['a success that the upstream never saw', scene({}, { review: 0 }), /never saw/],
    [
      'a call for nobody',
      withFacts(scene(), ({ calls }) => ({ calls: [...calls, { idempotencyKey: null, chargedNanoUsd: 1 }] })),
      /belong to no/,
    ],
    [
      'a charge that was not recorded',
      withFacts(scene(), ({ calls }) => ({ calls: calls.map((call) => ({ ...call, chargedNanoUsd: price + 1 })) })),
      /recorded 100, charged 101/,
    ],
    [
      'an attempt without its audit row',
      withFacts(scene(), ({ audit: rows }) => ({ audit: rows.filter(({ path }) => path !== 'draft') })),
      /audit rows/,
    ],
  ];
  it.each(broken)('finds %s', (_, facts, violation) => {
    expect(audit(facts).violations.join('\n')).toMatch(violation);
  });

  it('measures takeovers and holds them against their limit', () => {
    const before = scene();
    before.record.losses.push({ atMs: 1_000, workerId: 'w', runIds: [runId] });
    before.record.takeoverLimitMs = 500;
    const resumed: EventFacts = { runId, epoch: 2, seq: 9, type: 'run-resumed', data: { isTakeover: true }, atMs: 1_600 };
    const found = audit(withFacts(before, ({ events }) => ({ events: [...events, resumed] })));
    expect(found.takeoverMs).toEqual({ samples: 1, p50: 600, p95: 600 });
    expect(found.violations.join('\n')).toMatch(/the takeover took 600 ms/);
  });

  it('counts one key answered with two runs', () => {
    const before = scene();
    before.record.accepted.push({ key: 'key-1', runId: 'run-2', tookMs: 1 });
    expect(audit(before).violations.join('\n')).toMatch(/answered with 2 runs/);
  });

  it('finds takeovers where no worker was lost', () => {
    const before = scene({ review: [abandoned, succeeded] });
    before.record.areTakeoversForbidden = true;
    expect(audit(before).violations.join('\n')).toMatch(/1 abandoned attempts/);
  });
});
