import {
  type GenerateResponse,
  type PendingGenerateResponse,
  type RunSnapshot,
  usdFromNanoUsd,
  zeroUsage,
} from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { pendingApprovalOf } from './approval-view.ts';
import { toRoutingView } from './routing-view.ts';
import { toUsageView } from './step-view.ts';

/**
 * The reply of `POST /api/ai/generate`.
 * @param run - a completed run of kind `generate`
 */
export function toGenerateResponse(run: RunSnapshot): GenerateResponse {
  const step = run.steps.findLast((record) => record.status === 'completed');
  const output = run.output ?? step?.output ?? '';
  const attempt = step?.attempts.findLast(({ outcome }) => outcome === 'succeeded');
  return omitUndefined({
    success: true as const,
    requestId: run.runId,
    content: typeof output === 'string' ? output : JSON.stringify(output),
    usage: toUsageView(step?.usage ?? zeroUsage),
    costUSD: usdFromNanoUsd(run.costNanoUsd),
    latencyMs: step?.latencyMs ?? 0,
    provider: step?.provider ?? '',
    model: step?.model ?? '',
    finishReason: attempt?.finishReason,
    warnings: attempt?.warnings,
    toolCalls: attempt?.toolCalls,
    citations: attempt?.citations,
    reasoning: attempt?.reasoning,
    routing: toRoutingView(run),
  });
}

/** @param run - null when nothing is known of it but that it was accepted */
export function pendingGenerateResponse(runId: string, run: RunSnapshot | null): PendingGenerateResponse {
  return omitUndefined({
    success: false as const,
    requestId: runId,
    jobId: runId,
    status: run?.status ?? 'queued',
    approval: run === null ? undefined : pendingApprovalOf(run),
  });
}
