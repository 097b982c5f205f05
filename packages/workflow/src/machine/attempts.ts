import {
  type AttemptRecord,
  type JsonObject,
  type RoutingDecision,
  type StepRecord,
  type TokenUsage,
  zeroUsage,
} from '@orchestrator/contracts';
import type { MachineEvent } from './events.ts';
import type { StepState } from './state.ts';
import { callsOfTry } from './tries.ts';
import { audit, emit, type Turn } from './turn.ts';

export type EventOf<T extends MachineEvent['type']> = Extract<MachineEvent, { type: T }>;

function addUsage(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  };
}

/** What is kept of an attempt's outcome. A charge that the vendor didn't state is the attempt's reservation. */
export function attemptRecord(
  turn: Turn,
  step: StepState,
  event: EventOf<'attempt-succeeded'> | EventOf<'attempt-failed'>,
  outcome: 'succeeded' | 'failed',
): AttemptRecord {
  const isUnknownCharge = event.costBasis === 'reserved';
  const provider = event.provider ?? step.plan?.provider;
  const model = event.model ?? step.plan?.model;
  const routing = step.plan?.routing;
  return {
    attempt: event.attempt,
    outcome,
    latencyMs: event.latencyMs,
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(event.usage !== undefined && { usage: event.usage }),
    costNanoUsd: isUnknownCharge ? step.reservedNanoUsd : event.costNanoUsd,
    costBasis: event.costBasis,
    ...(event.type === 'attempt-succeeded' && answerFacts(event)),
    ...(event.type === 'attempt-failed' && { error: { ...event.error, attempt: event.attempt } }),
    ...(callsOfTry(step.record).length > 0 && { isFallback: true }),
    ...(routing !== undefined && turn.state.keepsRouting && { routing }),
  };
}

/** What an answer brings beside its text. */
export function answerFacts({
  finishReason,
  warnings,
  toolCalls,
  citations,
  reasoning,
}: EventOf<'attempt-succeeded'>): Partial<AttemptRecord> {
  return {
    ...(finishReason !== undefined && { finishReason }),
    ...(warnings !== undefined && { warnings }),
    ...(toolCalls !== undefined && { toolCalls }),
    ...(citations !== undefined && { citations }),
    ...(reasoning !== undefined && { reasoning }),
  };
}

/** Whether another provider or model was called than the first one of the try. The vendor's own name of its model may differ from ours. */
function isElsewhere(record: StepRecord, attempt: AttemptRecord, routing: RoutingDecision | undefined): boolean {
  const [first] = callsOfTry(record);
  if (first === undefined) return false;
  return first.provider !== attempt.provider || first.model !== (routing?.model ?? attempt.model);
}

/**
 * Adds a finished attempt to the step's record and its cost to the run. Vendor calls leave an audit entry; what our own limits
 * held back was none.
 */
export function bookAttempt(turn: Turn, record: StepRecord, attempt: AttemptRecord, routing?: RoutingDecision): StepRecord {
  turn.state.costNanoUsd += attempt.costNanoUsd;
  if (attempt.provider !== undefined && attempt.error?.isLocal !== true) {
    audit(turn, {
      eventType: 'provider-call',
      path: record.path,
      provider: attempt.provider,
      ...(attempt.model !== undefined && { model: attempt.model }),
      ...(attempt.usage !== undefined && { tokensIn: attempt.usage.inputTokens, tokensOut: attempt.usage.outputTokens }),
      costNanoUsd: attempt.costNanoUsd,
      latencyMs: attempt.latencyMs,
      ...(routing !== undefined && { routingDecision: routing }),
      fallbackUsed: isElsewhere(record, attempt, routing),
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
  routing?: RoutingDecision,
): StepRecord {
  const attempt = record.attempts.length + 1;
  const facts: JsonObject = { path: record.path, attempt, reservedNanoUsd: abandoned.reservedNanoUsd };
  emit(turn, 'step-attempt-abandoned', facts);
  const booked: AttemptRecord = {
    attempt,
    outcome: 'abandoned',
    latencyMs: 0,
    ...(abandoned.provider !== undefined && { provider: abandoned.provider }),
    ...(abandoned.model !== undefined && { model: abandoned.model }),
    costNanoUsd: abandoned.reservedNanoUsd,
    costBasis: 'reserved',
    ...(callsOfTry(record).length > 0 && { isFallback: true }),
  };
  return bookAttempt(turn, record, booked, routing);
}

/** Ends the attempt in flight, if there is one, without its result. */
export function abandonInFlight(turn: Turn, step: StepState): StepRecord {
  if (step.phase !== 'calling') return step.record;
  turn.effects.push({ type: 'abort-attempt', path: step.record.path, attempt: step.attempt });
  if (step.plan === undefined) return step.record;
  const { provider, model, routing } = step.plan;
  return bookAbandoned(turn, step.record, { provider, model, reservedNanoUsd: step.reservedNanoUsd }, routing);
}
