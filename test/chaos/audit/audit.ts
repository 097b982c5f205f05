import type { WorldRecord } from '../world/record.ts';
import { auditCost } from './audit-cost.ts';
import { auditHistory } from './audit-history.ts';
import { auditReading } from './audit-reading.ts';
import type { Facts } from './facts.ts';
import { isTakeover, percentile, takeoverTimes } from './takeover-times.ts';

export interface Findings {
  /** Every promise that was broken, in words. */
  readonly violations: readonly string[];
  readonly runs: number;
  readonly takeovers: number;
  /** Accepted runs that are unknown or did not end. */
  readonly lost: number;
  readonly doubleResults: number;
  /** Calls to the upstream beyond one per completed step. */
  readonly extraCalls: number;
  readonly abandonedAttempts: number;
  readonly unseenAttempts: number;
  readonly unseenNanoUsd: number;
  /** Recorded, minus charged, minus what was booked for calls that never arrived: must be 0. */
  readonly costDifferenceNanoUsd: number;
  /** Streams that were read, events in them, and those of them that a lost worker told and could not store. */
  readonly readers: number;
  readonly readEvents: number;
  readonly voidEvents: number;
  readonly takeoverMs: { readonly samples: number; readonly p50: number | null; readonly p95: number | null };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Holds what happened against what is promised. Pure: the same facts give the same findings. */
export function auditWorld(record: WorldRecord, facts: Facts, expectedPaths: readonly string[]): Findings {
  const violations: string[] = [...record.complaints];
  const stepsOf = Map.groupBy(facts.steps, (step) => step.runId);
  const eventsOf = Map.groupBy(facts.events, (event) => event.runId);
  const auditOf = Map.groupBy(facts.audit, (row) => row.runId);
  const callsByKey = Map.groupBy(facts.calls, (call) => call.idempotencyKey ?? '');

  const known = new Map(facts.runs.map((run) => [run.id, run]));
  const missing = record.accepted.filter(({ runId, key }) => known.get(runId)?.idempotencyKey !== key);
  for (const { key, runId } of missing) violations.push(`run ${runId} was accepted for key ${key} and is not there`);
  const keys = Map.groupBy(record.accepted, (accepted) => accepted.key);
  for (const [key, answers] of keys) {
    const ids = new Set(answers.map((answer) => answer.runId));
    if (ids.size > 1) violations.push(`key ${key} was answered with ${ids.size} runs`);
  }

  const findings = facts.runs.map((run) => {
    const history = {
      run,
      steps: stepsOf.get(run.id) ?? [],
      events: eventsOf.get(run.id) ?? [],
      audit: auditOf.get(run.id) ?? [],
    };
    return { ...history, ended: auditHistory(history, expectedPaths), cost: auditCost(history, callsByKey) };
  });
  for (const { ended, cost } of findings) violations.push(...ended.violations, ...(ended.isEnded ? cost.violations : []));

  const readings = record.readings.map((reading) => {
    const { events = [], steps = [] } = findings.find(({ run }) => run.id === reading.runId) ?? {};
    return auditReading(reading, { events, steps });
  });
  for (const reading of readings) violations.push(...reading.violations);

  const costs = findings.map(({ cost }) => cost);
  const attributedCalls = sum(costs.map((cost) => cost.calls));
  if (attributedCalls !== facts.calls.length)
    violations.push(`${facts.calls.length - attributedCalls} calls to the upstream belong to no recorded step`);

  const completedSteps = facts.steps.filter((step) => step.status === 'completed').length;
  const takeovers = facts.events.filter(isTakeover).length;
  const abandonedAttempts = sum(costs.map((cost) => cost.abandonedAttempts));
  if (record.areTakeoversForbidden && takeovers + abandonedAttempts > 0) {
    violations.push(`${takeovers} takeovers and ${abandonedAttempts} abandoned attempts, though no worker was lost`);
  }
  const times = takeoverTimes(record.losses, facts.events);
  const p95 = percentile(times, 0.95);
  if (record.takeoverLimitMs !== null && (p95 === null || p95 > record.takeoverLimitMs)) {
    violations.push(`the takeover took ${p95} ms (p95 of ${times.length}), at most ${record.takeoverLimitMs} are promised`);
  }
  const unseenNanoUsd = sum(costs.map((cost) => cost.unseenNanoUsd));
  const charged = sum(facts.calls.map((call) => call.chargedNanoUsd));
  return {
    violations,
    runs: facts.runs.length,
    takeovers,
    lost: missing.length + findings.filter(({ ended }) => !ended.isEnded).length,
    doubleResults: sum(findings.map(({ ended }) => ended.doubleResults)),
    extraCalls: facts.calls.length - completedSteps,
    abandonedAttempts,
    unseenAttempts: sum(costs.map((cost) => cost.unseenAttempts)),
    unseenNanoUsd,
    costDifferenceNanoUsd: sum(costs.map((cost) => cost.recordedNanoUsd)) - charged - unseenNanoUsd,
    readers: readings.length,
    readEvents: sum(record.readings.map(({ events }) => events.length)),
    voidEvents: sum(readings.map((reading) => reading.voidEvents)),
    takeoverMs: { samples: times.length, p50: percentile(times, 0.5), p95 },
  };
}
