import type { AuditFacts, EventFacts, RunFacts, StepFacts } from './facts.ts';

const terminalRuns: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
const terminalSteps: ReadonlySet<string> = new Set(['completed', 'failed', 'skipped', 'cancelled']);

/** One run with all that belongs to it. */
export interface RunHistory {
  readonly run: RunFacts;
  readonly steps: readonly StepFacts[];
  /** By sequence number. */
  readonly events: readonly EventFacts[];
  readonly audit: readonly AuditFacts[];
}

export interface HistoryFindings {
  readonly violations: readonly string[];
  readonly isEnded: boolean;
  /** Steps with another number of terminal events than one. */
  readonly doubleResults: number;
}

/** Whether a run ended once and left a whole, consistent history. */
export function auditHistory(history: RunHistory, expectedPaths: readonly string[]): HistoryFindings {
  const { run, steps, events } = history;
  const violations: string[] = [];
  const expect = (isRight: boolean, violation: string) => {
    if (!isRight) violations.push(`run ${run.id}: ${violation}`);
  };
  const isEnded = terminalRuns.has(run.status);
  expect(isEnded, `did not end, it is ${run.status}${run.isWakeSet ? '' : ' and nothing will wake it'}`);
  if (!isEnded) return { violations, isEnded, doubleResults: 0 };

  expect(!run.isWakeSet, 'is finished and still due');
  expect(run.reservedNanoUsd === 0, `is finished and holds a reservation of ${run.reservedNanoUsd}`);
  expect(run.inFlight.length === 0, 'is finished with attempts in flight');
  if (run.status === 'completed') {
    const paths = steps.filter((step) => step.status === 'completed').map((step) => step.record.path);
    expect(paths.join() === expectedPaths.join(), `completed with the steps ${paths.join(', ')}`);
  }
  const stored = JSON.stringify(steps.map((step) => step.record));
  expect(JSON.stringify(run.steps) === stored, 'its materialised steps are not its step rows');

  const seqs = events.map((event) => event.seq);
  expect(
    seqs.every((seq, index) => seq === index + 1),
    `its event numbers are ${seqs.join()}`,
  );
  expect(run.eventSeq === events.length, `counts ${run.eventSeq} events and has ${events.length}`);
  const ends = events.filter((event) => event.type.startsWith('run-') && terminalRuns.has(event.type.slice('run-'.length)));
  expect(
    ends.length === 1 && ends[0]?.seq === run.eventSeq && ends[0].type === `run-${run.status}`,
    `ends with ${ends.map((event) => `${event.type}@${event.seq}`).join()}`,
  );

  let doubleResults = 0;
  for (const { record, status } of steps) {
    expect(terminalSteps.has(status) && record.status === status, `step ${record.path} is left ${status}`);
    const results = events.filter((event) => event.data.path === record.path && isStepResult(event.type));
    if (results.length !== 1) doubleResults += 1;
    expect(results.length === 1, `step ${record.path} has ${results.length} results`);
    expect(results[0]?.type === `step-${status}`, `step ${record.path} is ${status}, its event is ${results[0]?.type}`);
  }
  return { violations: [...violations, ...auditTrail(history)], isEnded, doubleResults };
}

function isStepResult(type: string): boolean {
  return type.startsWith('step-') && terminalSteps.has(type.slice('step-'.length));
}

/** The audit log holds acceptance and end once, and every vendor call once. */
function auditTrail({ run, audit, steps }: RunHistory): readonly string[] {
  const violations: string[] = [];
  const count = (eventType: string) => audit.filter((row) => row.eventType === eventType).length;
  for (const eventType of ['run-accepted', `run-${run.status}`]) {
    if (count(eventType) !== 1) violations.push(`run ${run.id}: ${count(eventType)} audit rows ${eventType}`);
  }
  const calls = audit.filter((row) => row.eventType === 'provider-call').map((row) => `${row.path}#${row.attempt}`);
  const attempts = steps.flatMap(({ record }) =>
    record.attempts.filter((attempt) => attempt.provider !== undefined).map((attempt) => `${record.path}#${attempt.attempt}`),
  );
  if (calls.sort().join() !== attempts.sort().join()) {
    violations.push(`run ${run.id}: its audit rows [${calls.join()}] are not its attempts [${attempts.join()}]`);
  }
  return violations;
}
