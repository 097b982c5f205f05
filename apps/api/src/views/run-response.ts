import { type RunResponse, type RunSnapshot, usdFromNanoUsd } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { pendingApprovalOf } from './approval-view.ts';
import { toStepView } from './step-view.ts';

/**
 * The reply of `POST /api/workflows/run`, for a run in any state. `success` means completed, nothing else.
 * `totalLatencyMs` runs from acceptance to the end, or to `nowMs` while there is none.
 */
export function toRunResponse(run: RunSnapshot, nowMs: number): RunResponse {
  return omitUndefined({
    success: run.status === 'completed',
    runId: run.runId,
    status: run.status,
    degraded: run.degraded,
    steps: [...run.steps].sort((left, right) => left.ordinal - right.ordinal).map(toStepView),
    output: run.output,
    error: run.error,
    approval: pendingApprovalOf(run),
    totalCostUSD: usdFromNanoUsd(run.costNanoUsd),
    totalLatencyMs: Math.max(0, (run.finishedAtMs ?? nowMs) - run.acceptedAtMs),
  });
}

/** The same envelope for a run of which nothing is known but that it was accepted. */
export function acceptedRunResponse(runId: string): RunResponse {
  return { success: false, runId, status: 'queued', degraded: false, steps: [], totalCostUSD: 0, totalLatencyMs: 0 };
}
