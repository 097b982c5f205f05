import type { RunHistory } from './audit-history.ts';
import { type CallFacts, vendorAttempts } from './facts.ts';

export interface CostFindings {
  readonly violations: readonly string[];
  readonly recordedNanoUsd: number;
  readonly chargedNanoUsd: number;
  /** Booked for attempts of lost workers that never reached the upstream: nobody could know. */
  readonly unseenNanoUsd: number;
  readonly unseenAttempts: number;
  readonly abandonedAttempts: number;
  readonly calls: number;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * Whether what a run recorded is what the upstream charged, and whether the upstream was called as seldom as promised.
 * @param callsByKey - the upstream's calls by idempotency key, `<run>.<path>.<visit>`
 */
export function auditCost(
  { run, steps, audit }: RunHistory,
  callsByKey: ReadonlyMap<string, readonly CallFacts[]>,
): CostFindings {
  const violations: string[] = [];
  const expect = (isRight: boolean, violation: string) => {
    if (!isRight) violations.push(`run ${run.id}: ${violation}`);
  };
  let chargedNanoUsd = 0;
  let unseenNanoUsd = 0;
  let unseenAttempts = 0;
  let abandonedAttempts = 0;
  let calls = 0;

  for (const { record } of steps) {
    const { path, visit } = record;
    const attempts = vendorAttempts(record);
    const abandoned = attempts.filter((attempt) => attempt.outcome === 'abandoned');
    const failed = attempts.filter((attempt) => attempt.outcome === 'failed');
    const seen = callsByKey.get(`${run.id}.${path}.${visit}`) ?? [];
    const charged = sum(seen.map((call) => call.chargedNanoUsd));
    const unseen = attempts.length - seen.length;

    expect(seen.length <= attempts.length, `step ${path} was called ${seen.length} times, ${attempts.length} are recorded`);
    expect(
      seen.length <= 1 + abandoned.length + failed.length,
      `step ${path} was called ${seen.length} times for ${abandoned.length} losses and ${failed.length} failures`,
    );
    expect(unseen <= abandoned.length, `step ${path} records ${unseen} calls that the upstream never saw`);
    expect(
      record.attempts.every((attempt, index) => attempt.attempt === index + 1),
      `step ${path} numbers its attempts ${record.attempts.map((attempt) => attempt.attempt).join()}`,
    );
    expect(
      record.costNanoUsd === sum(record.attempts.map((attempt) => attempt.costNanoUsd)),
      `step ${path} costs ${record.costNanoUsd}, not the sum of its attempts`,
    );
    // The same prompt has the same worst case each time, so it does not matter which of the abandoned calls went unseen.
    const worstCase = abandoned[0]?.costNanoUsd ?? 0;
    expect(
      abandoned.every((attempt) => attempt.costNanoUsd === worstCase && attempt.costNanoUsd > 0),
      `step ${path} books its abandoned attempts at ${abandoned.map((attempt) => attempt.costNanoUsd).join()}`,
    );
    const booked = Math.max(0, unseen) * worstCase;
    expect(
      record.costNanoUsd === charged + booked,
      `step ${path} recorded ${record.costNanoUsd}, charged ${charged}, booked for ${unseen} unseen calls ${booked}`,
    );
    chargedNanoUsd += charged;
    unseenNanoUsd += booked;
    unseenAttempts += Math.max(0, unseen);
    abandonedAttempts += abandoned.length;
    calls += seen.length;
  }

  const ofSteps = sum(steps.map(({ record }) => record.costNanoUsd));
  const ofAudit = sum(audit.filter((row) => row.eventType === 'provider-call').map((row) => row.costNanoUsd ?? 0));
  const ofEnd = audit.find((row) => row.eventType === `run-${run.status}`)?.costNanoUsd;
  expect(run.costNanoUsd === ofSteps, `costs ${run.costNanoUsd}, its steps ${ofSteps}`);
  expect(run.costNanoUsd === ofAudit, `costs ${run.costNanoUsd}, its audit rows ${ofAudit}`);
  expect(run.costNanoUsd === ofEnd, `costs ${run.costNanoUsd}, its last audit row says ${ofEnd}`);
  if (run.maxCostNanoUsd !== null) {
    expect(chargedNanoUsd <= run.maxCostNanoUsd, `was charged ${chargedNanoUsd} on a budget of ${run.maxCostNanoUsd}`);
    expect(run.costNanoUsd <= run.maxCostNanoUsd, `recorded ${run.costNanoUsd} on a budget of ${run.maxCostNanoUsd}`);
  }
  return {
    violations,
    recordedNanoUsd: run.costNanoUsd,
    chargedNanoUsd,
    unseenNanoUsd,
    unseenAttempts,
    abandonedAttempts,
    calls,
  };
}
