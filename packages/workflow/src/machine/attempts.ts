import { type AttemptRecord, type JsonObject, type StepRecord, type TokenUsage, zeroUsage } from '@orchestrator/contracts';
import type { StepState } from './state.ts';
import { audit, emit, type Turn } from './turn.ts';

function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

/** Adds a finished attempt to the step's record and its cost to the run. Vendor calls leave an audit entry. */
export function bookAttempt(turn: Turn, record: StepRecord, attempt: AttemptRecord): StepRecord {
  turn.state.costNanoUsd += attempt.costNanoUsd;
  if (attempt.provider !== undefined) {
    audit(turn, {
      eventType: 'provider-call',
      path: record.path,
      provider: attempt.provider,
      ...(attempt.model !== undefined && { model: attempt.model }),
      ...(attempt.usage !== undefined && { tokensIn: attempt.usage.inputTokens, tokensOut: attempt.usage.outputTokens }),
      costNanoUsd: attempt.costNanoUsd,
      latencyMs: attempt.latencyMs,
      detail: {
        attempt: attempt.attempt,
        outcome: attempt.outcome,
        costBasis: attempt.costBasis,
        ...(attempt.error !== undefined && { error: attempt.error.name }),
      },
    });
  }
  const usage = attempt.usage === undefined ? record.usage : addUsage(record.usage ?? zeroUsage, attempt.usage);
  return {
    ...record,
    attempts: [...record.attempts, attempt],
    ...(attempt.provider !== undefined && { provider: attempt.provider }),
    ...(attempt.model !== undefined && { model: attempt.model }),
    ...(usage !== undefined && { usage }),
    costNanoUsd: record.costNanoUsd + attempt.costNanoUsd,
    latencyMs: record.latencyMs + attempt.latencyMs,
  };
}

/**
 * Books an attempt whose outcome nobody will learn (lost worker, abort in mid-call) at the most it can have cost.
 * Budgets stay safe because the vendor may have charged it.
 */
export function bookAbandoned(
  turn: Turn,
  record: StepRecord,
  abandoned: { readonly provider?: string; readonly model?: string; readonly reservedNanoUsd: number },
): StepRecord {
  const attempt = record.attempts.length + 1;
  const facts: JsonObject = { path: record.path, attempt, reservedNanoUsd: abandoned.reservedNanoUsd };
  emit(turn, 'step-attempt-abandoned', facts);
  return bookAttempt(turn, record, {
    attempt,
    outcome: 'abandoned',
    latencyMs: 0,
    ...(abandoned.provider !== undefined && { provider: abandoned.provider }),
    ...(abandoned.model !== undefined && { model: abandoned.model }),
    costNanoUsd: abandoned.reservedNanoUsd,
    costBasis: 'reserved',
  });
}

/** Ends the attempt in flight, if there is one, without its result. */
export function abandonInFlight(turn: Turn, step: StepState): StepRecord {
  if (step.phase !== 'calling') return step.record;
  turn.effects.push({ type: 'abort-attempt', path: step.record.path, attempt: step.attempt });
  if (step.plan === undefined) return step.record;
  return bookAbandoned(turn, step.record, {
    provider: step.plan.provider,
    model: step.plan.model,
    reservedNanoUsd: step.reservedNanoUsd,
  });
}

/** Tries that count against `maxAttempts`: a lost worker is not the step's fault. */
export function failedAttempts(record: StepRecord): number {
  return record.attempts.filter((attempt) => attempt.outcome === 'failed').length;
}
