import { type JobView, type RunSnapshot, usdFromNanoUsd } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { toGenerateResponse } from './generate-response.ts';
import { toRunResponse } from './run-response.ts';
import { workflowPath } from './workflow-view.ts';

export function jobPath(runId: string): string {
  return `/api/jobs/${runId}`;
}

/** What can be done with any run. */
export function jobLinks(runId: string) {
  return { self: jobPath(runId), events: `${jobPath(runId)}/events`, cancel: `${jobPath(runId)}/cancel` };
}

export function toIsoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** A run as `GET /api/jobs/:id` shows it. */
export function toJobView(run: RunSnapshot, nowMs: number): JobView {
  return omitUndefined({
    jobId: run.runId,
    kind: run.kind,
    ...toRunResponse(run, nowMs),
    workflowId: run.workflowId,
    workflowName: run.workflowName,
    workflowVersion: run.workflowVersion,
    tags: run.tags.length === 0 ? undefined : run.tags,
    userId: run.userId,
    requestId: run.requestId,
    input: run.input,
    result: run.kind === 'generate' && run.status === 'completed' ? toGenerateResponse(run) : undefined,
    cancelRequested: run.cancelRequested,
    maxCostUSD: run.maxCostNanoUsd === undefined ? undefined : usdFromNanoUsd(run.maxCostNanoUsd),
    reservedUSD: usdFromNanoUsd(run.reservedNanoUsd),
    acceptedAt: new Date(run.acceptedAtMs).toISOString(),
    startedAt: toIsoTime(run.startedAtMs),
    finishedAt: toIsoTime(run.finishedAtMs),
    links: omitUndefined({
      ...jobLinks(run.runId),
      workflow: run.workflowId === undefined ? undefined : workflowPath(run.workflowId),
      approvals: run.status === 'waiting_approval' ? `/api/approvals?jobId=${run.runId}` : undefined,
    }),
  });
}
