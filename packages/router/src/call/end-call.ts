import { findRow } from '@orchestrator/adapters';
import { ModelCallError, type ModelPlan, type ModelResult, type StepError, usdFromNanoUsd } from '@orchestrator/contracts';
import { priorLatencyOf } from '../choose/candidate.ts';
import type { Ticket } from '../guard/circuit-breakers.ts';
import { failureClassOf, isProviderWide } from '../guard/failure-class.ts';
import type { Permit } from '../limits/provider-limits.ts';
import type { RoutedAttempt } from '../router-config.ts';
import type { RouterState } from '../router-state.ts';

/** How a call ended. */
export type CallOutcome = { readonly ok: true; readonly result: ModelResult } | { readonly ok: false; readonly error: unknown };

/** Pause after a 429 that names none, and the longest that one may ask for, milliseconds. */
const defaultPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;
/** A refused key or an empty account is asked again after this time, milliseconds. */
const keyPauseMs = 60_000;

const errorOf = (outcome: CallOutcome): ModelCallError | undefined =>
  !outcome.ok && outcome.error instanceof ModelCallError ? outcome.error : undefined;

function pauseForRate({ guards, settings, shared }: RouterState, provider: string, error: StepError): void {
  const ms = Math.min(longestPauseMs, error.retryAfterMs ?? defaultPauseMs);
  const untilMs = settings.clock.now() + ms;
  const reason = `${provider} asked for a pause of ${ms} ms.`;
  guards.cooldowns.put(provider, { code: 'cooling-down', reason, untilMs, error: 'Provider.RateLimited' });
  shared.publish(provider, ms);
}

function pauseForKey({ guards, settings }: RouterState, { provider, model }: ModelPlan, error: StepError): void {
  const isQuota = error.name === 'Provider.QuotaExceeded';
  const isWide = isProviderWide(error);
  const who = isWide ? provider : `${provider}/${model}`;
  const what = isQuota ? 'reported that its quota is used up' : 'refused the API key';
  const reason = `${who} ${what}; it is not asked for ${keyPauseMs} ms.`;
  const untilMs = settings.clock.now() + keyPauseMs;
  const name = isQuota ? 'Provider.QuotaExceeded' : 'Provider.Auth';
  guards.cooldowns.put(provider, { code: 'cooling-down', reason, untilMs, error: name }, isWide ? undefined : model);
}

function learn(state: RouterState, plan: ModelPlan, outcome: CallOutcome, ms: number): void {
  const { provider, model } = plan;
  const error = errorOf(outcome)?.error;
  const failure = error === undefined ? undefined : failureClassOf(error);
  if (error !== undefined && failure === 'rate') pauseForRate(state, provider, error);
  if (error !== undefined && failure === 'key') pauseForKey(state, plan, error);
  // A refused request says nothing about speed.
  if (!outcome.ok && failure !== 'transient' && failure !== 'rate') return;
  const row = findRow(state.pool.find(provider)?.models ?? [], model);
  state.guards.latencies.observe(provider, model, { ms, isFailure: !outcome.ok, priorMs: priorLatencyOf({ row }) });
}

/** Tokens that a call used; null when that isn't known. */
function usedTokens(outcome: CallOutcome): number | null {
  const error = errorOf(outcome);
  const usage = outcome.ok ? outcome.result.usage : error?.usage;
  if (usage !== undefined) return usage.inputTokens + usage.outputTokens;
  return error?.costBasis === 'none' ? 0 : null;
}

export function attemptOf({ provider, model }: ModelPlan, outcome: CallOutcome, latencyMs: number): RoutedAttempt {
  if (outcome.ok) return { provider, model, outcome: 'ok', latencyMs, costUSD: usdFromNanoUsd(outcome.result.costNanoUsd) };
  const error = errorOf(outcome);
  if (error === undefined) return { provider, model, outcome: 'failed', latencyMs, costUSD: 0 };
  return {
    provider,
    model,
    outcome: 'failed',
    error: error.error.name,
    ...(error.error.isLocal === true ? { isLocal: true } : {}),
    latencyMs,
    costUSD: usdFromNanoUsd(error.costNanoUsd),
  };
}

/** Tells the audit hook; a hook that throws must not turn an answer into a failure. */
export function reportAttempt({ settings }: RouterState, plan: ModelPlan, attempt: RoutedAttempt): void {
  try {
    settings.onDecision?.({ decision: plan.routing, attempt });
  } catch (error) {
    settings.log?.warn({ error }, 'the audit hook of the router failed');
  }
}

/**
 * What is done when a call has ended: places and tokens given back, pauses, circuit and latency noted, the audit hook told.
 * @param held - what the call holds; the sandbox's holds nothing, and teaches nothing
 * @returns called with the outcome; only the first call counts. Resolves once the next plan sees what was learnt
 */
export function createEnd(
  state: RouterState,
  plan: ModelPlan,
  held: { readonly ticket: Ticket; readonly permit: Permit | undefined } | undefined,
): (outcome: CallOutcome) => Promise<void> {
  const startedAt = performance.now();
  let ended: Promise<void> | undefined;
  return (outcome) => {
    if (ended !== undefined) return ended;
    const ms = performance.now() - startedAt;
    if (held === undefined) ended = Promise.resolve();
    else {
      held.permit?.release({ tokens: usedTokens(outcome), wasSent: true });
      learn(state, plan, outcome, ms);
      ended = outcome.ok ? held.ticket.settle() : held.ticket.settle(outcome.error);
    }
    reportAttempt(state, plan, attemptOf(plan, outcome, Math.round(ms)));
    return ended;
  };
}
