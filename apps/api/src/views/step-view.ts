import {
  type AttemptRecord,
  type AttemptView,
  type StepRecord,
  type StepView,
  type TokenUsage,
  usdFromNanoUsd,
} from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { toPendingApprovalView } from './approval-view.ts';

/** Token counts under the names of the HTTP interface. */
export function toUsageView(usage: TokenUsage): { promptTokens: number; completionTokens: number; totalTokens: number } {
  return {
    promptTokens: usage.inputTokens,
    completionTokens: usage.outputTokens,
    totalTokens: usage.inputTokens + usage.outputTokens,
  };
}

function toAttemptView(attempt: AttemptRecord): AttemptView {
  return omitUndefined({
    attempt: attempt.attempt,
    outcome: attempt.outcome,
    latencyMs: attempt.latencyMs,
    provider: attempt.provider,
    model: attempt.model,
    costUSD: usdFromNanoUsd(attempt.costNanoUsd),
    costBasis: attempt.costBasis,
    finishReason: attempt.finishReason,
    warnings: attempt.warnings,
    isFallback: attempt.isFallback,
    toolCalls: attempt.toolCalls,
    citations: attempt.citations,
    reasoning: attempt.reasoning,
    error: attempt.error,
  });
}

export function toStepView(step: StepRecord): StepView {
  return omitUndefined({
    id: step.path,
    visit: step.visit,
    action: step.action,
    status: step.status,
    skipReason: step.skipReason,
    condition: step.condition,
    output: step.output,
    error: step.error,
    provider: step.provider,
    model: step.model,
    usage: step.usage && toUsageView(step.usage),
    costUSD: usdFromNanoUsd(step.costNanoUsd),
    latencyMs: step.latencyMs,
    dueAt: step.dueAtMs === undefined ? undefined : new Date(step.dueAtMs).toISOString(),
    approval: step.status === 'waiting_approval' && step.approval ? toPendingApprovalView(step.approval) : undefined,
    attempts: step.attempts.map(toAttemptView),
  });
}
