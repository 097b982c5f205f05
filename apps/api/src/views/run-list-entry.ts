import { type RunListEntry, type RunSummary, type StepSummary, usdFromNanoUsd } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { jobLinks, toIsoTime } from './job-view.ts';

function toStepEntry(step: StepSummary): RunListEntry['steps'][number] {
  return omitUndefined({
    id: step.path,
    visit: step.visit,
    action: step.action,
    status: step.status,
    provider: step.provider,
    model: step.model,
    costUSD: usdFromNanoUsd(step.costNanoUsd),
    latencyMs: step.latencyMs,
  });
}

/** A run as lists show it; its documents are behind `links.self`. */
export function toRunListEntry(run: RunSummary, nowMs: number): RunListEntry {
  return omitUndefined({
    jobId: run.runId,
    runId: run.runId,
    kind: run.kind,
    success: run.status === 'completed',
    status: run.status,
    degraded: run.degraded,
    cancelRequested: run.cancelRequested,
    workflowId: run.workflowId,
    workflowName: run.workflowName,
    workflowVersion: run.workflowVersion,
    tags: run.tags.length === 0 ? undefined : run.tags,
    userId: run.userId,
    requestId: run.requestId,
    steps: run.steps.map(toStepEntry),
    error: run.error,
    totalCostUSD: usdFromNanoUsd(run.costNanoUsd),
    totalLatencyMs: Math.max(0, (run.finishedAtMs ?? nowMs) - run.acceptedAtMs),
    acceptedAt: new Date(run.acceptedAtMs).toISOString(),
    startedAt: toIsoTime(run.startedAtMs),
    finishedAt: toIsoTime(run.finishedAtMs),
    links: jobLinks(run.runId),
  });
}
