import type { ClaimedRun, RunCommit, StepError, StepRecord } from '@orchestrator/contracts';

const openStatuses: ReadonlySet<string> = new Set(['running', 'retry_wait', 'waiting', 'waiting_approval']);

function ended(record: StepRecord, error: StepError): StepRecord {
  if (!openStatuses.has(record.status)) return record;
  const { dueAtMs: _, approval: __, ...rest } = record;
  return { ...rest, status: 'cancelled', error };
}

/**
 * The commit that ends a run which even the machine can't bring to its end: restoring or driving it fails each time, in
 * every worker. Calls that may be in flight are paid for, so that the totals stay an upper bound of what was charged.
 */
export function forceFailCommit(claimed: ClaimedRun): RunCommit {
  const { runId, epoch, lostCount } = claimed;
  const message = `The run could not be executed: it ended ${lostCount} workers' attempts in a row.`;
  const error: StepError = { name: 'Worker.Lost', message, retryable: false };
  const steps = claimed.steps.map((record) => ended(record, error));
  const inFlightNanoUsd = claimed.inFlight.reduce((sum, attempt) => sum + attempt.reservedNanoUsd, 0);
  const costNanoUsd = claimed.costNanoUsd + inFlightNanoUsd;
  return {
    runId,
    epoch,
    commitNo: claimed.commitNo + 1,
    steps: steps.filter((record, index) => record !== claimed.steps[index]),
    events: [{ seq: claimed.seq + 1, type: 'run-failed', data: { error: { ...error }, degraded: false }, atMs: claimed.nowMs }],
    audit: [{ eventType: 'run-failed', costNanoUsd, detail: { error: error.name } }],
    costNanoUsd,
    reservedNanoUsd: 0,
    lostCount,
    inFlight: [],
    transition: { type: 'finish', status: 'failed', error, degraded: false, steps },
  };
}
