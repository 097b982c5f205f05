import { type GenerateResponse, type RunSnapshot, usdFromNanoUsd, zeroUsage } from '@orchestrator/contracts';
import { toUsageView } from './step-view.ts';

/** The envelope of a `generate` call that has no result yet. */
export interface PendingGenerateResponse {
  readonly success: false;
  readonly requestId: string;
  readonly jobId: string;
  readonly status: string;
}

/**
 * The reply of `POST /api/ai/generate`.
 * @param run - a completed run of kind `generate`
 */
export function toGenerateResponse(run: RunSnapshot): GenerateResponse {
  const step = run.steps.findLast((record) => record.status === 'completed');
  const output = run.output ?? step?.output ?? '';
  return {
    success: true,
    requestId: run.runId,
    content: typeof output === 'string' ? output : JSON.stringify(output),
    usage: toUsageView(step?.usage ?? zeroUsage),
    costUSD: usdFromNanoUsd(run.costNanoUsd),
    latencyMs: step?.latencyMs ?? 0,
    provider: step?.provider ?? '',
    model: step?.model ?? '',
  };
}

export function pendingGenerateResponse(runId: string, status: string): PendingGenerateResponse {
  return { success: false, requestId: runId, jobId: runId, status };
}
