import { type RunCommit, type StepRecord, unpackTokens } from '@orchestrator/contracts';
import type { MemoryRun, MemoryStore } from './memory-store.ts';
import { virtualMaxRetries } from './virtual-router.ts';
import type { UpstreamCall } from './virtual-upstream.ts';

const terminalRun: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);
const terminalStep: ReadonlySet<string> = new Set(['completed', 'failed', 'skipped', 'cancelled']);

/** Every run that is not finished has a moment at which somebody looks at it again. */
export function checkAlways(store: MemoryStore): string[] {
  const broken: string[] = [];
  for (const [runId, run] of store.runs) {
    if (terminalRun.has(run.status) !== (run.wakeAtMs === null))
      broken.push(`${runId}: status ${run.status} with wake_at ${run.wakeAtMs}`);
  }
  return broken;
}

/** A result that was stored is never replaced. */
export function checkCommit(store: MemoryStore, commit: RunCommit): string[] {
  const run = store.runs.get(commit.runId);
  if (run === undefined || run.leaseEpoch !== commit.epoch || run.commitNo >= commit.commitNo) return [];
  return commit.steps
    .filter((step) => terminalStep.has(run.steps.get(`${step.path}#${step.visit}`)?.status ?? ''))
    .map((step) => `${commit.runId}: a second result for ${step.path}`);
}

/** What needs somebody's agreement is called only with an approval of at least its worst case. */
export function checkApproval(store: MemoryStore, { runId, path, plan }: UpstreamCall): string[] {
  if (plan.approval === undefined) return [];
  const worstCase = plan.worstCaseNanoUsd;
  const isApproved = store.approvalsOf(runId).some((approval) => {
    if (approval.path !== path || approval.status !== 'approved') return false;
    const estimated = approval.estimatedCostNanoUsd;
    return worstCase === null ? estimated === null : estimated !== null && estimated >= worstCase;
  });
  return isApproved ? [] : [`${runId}: ${path} called for ${worstCase} without an approval`];
}

/** A vendor is called for a step only when everything before it is stored, and not after a cancellation has been seen. */
export function checkCall(store: MemoryStore, call: UpstreamCall, cancelGraceMs: number): string[] {
  const run = store.runs.get(call.runId);
  if (run === undefined) return [`${call.runId}: a call for an unknown run`];
  const broken: string[] = [];
  for (const step of run.steps.values()) {
    if (step.path !== call.path && !terminalStep.has(step.status))
      broken.push(`${call.runId}: ${call.path} called while ${step.path} is ${step.status}`);
  }
  if (run.cancelRequestedAtMs !== null && call.atMs > run.cancelRequestedAtMs + cancelGraceMs) {
    broken.push(`${call.runId}: ${call.path} called ${call.atMs - run.cancelRequestedAtMs} ms after cancellation`);
  }
  return broken;
}

/** A try is one call and the router's retries; what a lost worker called comes on top. */
function checkTries(runId: string, { path, attempts }: StepRecord, calls: readonly UpstreamCall[]): string[] {
  const made = calls.filter((call) => call.path === path).length;
  const failedTries = attempts.filter((attempt) => attempt.outcome === 'failed' && attempt.hasFallback !== true).length;
  const abandoned = attempts.filter((attempt) => attempt.outcome === 'abandoned').length;
  const allowed = (1 + virtualMaxRetries) * (failedTries + 1) + abandoned;
  return made <= allowed ? [] : [`${runId}: ${made} calls for ${path}, ${allowed} are allowed`];
}

function checkMoney(runId: string, run: MemoryRun, calls: readonly UpstreamCall[]): string[] {
  const broken: string[] = [];
  const charged = calls.reduce((sum, call) => sum + call.chargedNanoUsd, 0);
  const attempts = [...run.steps.values()].flatMap((step) => step.attempts);
  const recorded = attempts.reduce((sum, attempt) => sum + attempt.costNanoUsd, 0);
  if (recorded !== run.costNanoUsd) broken.push(`${runId}: attempts cost ${recorded}, the run says ${run.costNanoUsd}`);
  if (charged > run.costNanoUsd) broken.push(`${runId}: charged ${charged}, recorded ${run.costNanoUsd}`);
  const { maxCostNanoUsd } = run.accepted;
  if (maxCostNanoUsd !== undefined && charged > maxCostNanoUsd)
    broken.push(`${runId}: charged ${charged} against a budget of ${maxCostNanoUsd}`);
  if (maxCostNanoUsd !== undefined && recorded > maxCostNanoUsd)
    broken.push(`${runId}: recorded ${recorded} against a budget of ${maxCostNanoUsd}`);
  if (run.reservedNanoUsd !== 0) broken.push(`${runId}: ${run.reservedNanoUsd} still reserved`);
  if (attempts.every((attempt) => attempt.costBasis !== 'reserved') && recorded !== charged)
    broken.push(`${runId}: recorded ${recorded}, charged ${charged}, and no charge was unknown`);
  for (const step of run.steps.values()) {
    broken.push(...checkTries(runId, step, calls));
    const made = calls.filter((call) => call.path === step.path).length;
    if (made > step.attempts.length)
      broken.push(`${runId}: ${made} calls for ${step.path}, ${step.attempts.length} attempts recorded`);
    if (step.attempts.some((attempt, index) => attempt.attempt !== index + 1))
      broken.push(`${runId}: attempts of ${step.path} are not numbered 1, 2, …`);
  }
  return broken;
}

function checkHistory(store: MemoryStore, runId: string, run: MemoryRun): string[] {
  const broken: string[] = [];
  run.events.flatMap(unpackTokens).forEach((event, index) => {
    if (event.seq !== index + 1) broken.push(`${runId}: event ${index + 1} has seq ${event.seq}`);
  });
  if (store.approvalsOf(runId).some((approval) => approval.status === 'pending')) broken.push(`${runId}: an approval is open`);
  if (run.events.at(-1)?.type !== `run-${run.status}`)
    broken.push(`${runId}: ${run.status}, but the last event is ${run.events.at(-1)?.type}`);
  const ends = run.audit.filter((entry) => /^run-(completed|failed|cancelled)$/.test(entry.eventType));
  if (ends.length !== 1) broken.push(`${runId}: ${ends.length} audit entries of its end`);
  for (const step of run.steps.values()) {
    const results = run.events.filter(
      (event) => /^step-(completed|failed|skipped|cancelled)$/.test(event.type) && event.data.path === step.path,
    );
    if (!terminalStep.has(step.status) || results.length !== 1)
      broken.push(`${runId}: step ${step.path} is ${step.status} with ${results.length} results in the history`);
  }
  const calls = run.audit.filter((entry) => entry.eventType === 'provider-call').length;
  const attempts = [...run.steps.values()]
    .flatMap((step) => step.attempts)
    .filter((attempt) => attempt.provider !== undefined && attempt.error?.isLocal !== true).length;
  if (calls !== attempts) broken.push(`${runId}: ${attempts} attempts, ${calls} audit entries`);
  return broken;
}

/** What must hold when everything has come to rest. */
export function checkAtEnd(store: MemoryStore, calls: readonly UpstreamCall[]): string[] {
  const broken: string[] = [];
  for (const [runId, run] of store.runs) {
    if (!terminalRun.has(run.status)) broken.push(`${runId}: still ${run.status}`);
    else {
      const own = calls.filter((call) => call.runId === runId);
      broken.push(...checkMoney(runId, run, own), ...checkHistory(store, runId, run));
    }
  }
  return broken;
}
