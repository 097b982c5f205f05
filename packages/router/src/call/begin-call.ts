import { estimateInputTokens, type LLMAdapter } from '@orchestrator/adapters';
import { ModelCallError, type ModelPlan } from '@orchestrator/contracts';
import type { Permit } from '../limits/provider-limits.ts';
import { heldError } from '../plan/held-error.ts';
import type { RouterState } from '../router-state.ts';
import { attemptOf, type CallOutcome, createEnd, reportAttempt } from './end-call.ts';

/** A call that every guard has let through. */
export interface BegunCall {
  readonly adapter: LLMAdapter;
  /** Must be called with how the call ended; only the first report counts. Resolves once the next plan sees what was learnt. */
  end(outcome: CallOutcome): Promise<void>;
}

function adapterFor({ pool }: RouterState, { provider }: ModelPlan): LLMAdapter {
  const adapter = pool.adapterOf(provider);
  if (adapter !== undefined) return adapter;
  const message = `Provider "${provider}" is unknown here; the plan was made by another configuration.`;
  throw new ModelCallError({ name: 'Provider.InvalidRequest', message, retryable: false, provider });
}

function refuseHeld({ guards, settings }: RouterState, plan: ModelPlan, hasPermit: boolean): void {
  const { provider, model } = plan;
  const hold = guards.holdOf(provider, model, plan);
  // Our own limits have let this call through, whatever they said to others meanwhile.
  if (hold === undefined || (hasPermit && hold.code === 'rate-limited')) return;
  throw new ModelCallError({ ...heldError([hold], settings.clock.now()), provider });
}

async function acquire(state: RouterState, plan: ModelPlan): Promise<Permit | undefined> {
  const { request, provider } = plan;
  const sizeOf = () => ({ tokens: estimateInputTokens(request) + (request.maxTokens ?? 0) });
  const admission = await state.limiters.acquire(provider, sizeOf);
  if (admission === undefined) return undefined;
  if (admission.ok) return admission.permit;
  const nowMs = state.settings.clock.now();
  const { reason, retryAfterMs } = admission;
  const hold = { code: 'rate-limited', reason, untilMs: nowMs + retryAfterMs, error: 'Provider.RateLimited' } as const;
  state.guards.cooldowns.put(provider, hold);
  throw new ModelCallError({ ...heldError([hold], nowMs), provider });
}

function circuitOpen({ provider, model }: ModelPlan): ModelCallError {
  const message = `The circuit of ${provider}/${model} is open.`;
  return new ModelCallError({ name: 'Provider.Overloaded', message, retryable: true, provider, isLocal: true });
}

/**
 * Asks every guard for leave: cool-downs, our own limits, the circuit.
 * @throws ModelCallError local, at no cost, when one of them refuses
 */
export async function beginCall(state: RouterState, plan: ModelPlan): Promise<BegunCall> {
  const adapter = adapterFor(state, plan);
  if (plan.provider === state.pool.sandbox.id) return { adapter, end: createEnd(state, plan, undefined) };
  state.shared.refresh();
  let permit: Permit | undefined;
  try {
    refuseHeld(state, plan, false);
    permit = await acquire(state, plan);
    // Much may have happened while the limits were asked.
    refuseHeld(state, plan, permit !== undefined);
    const ticket = state.guards.circuits.admit(plan.provider, plan.model);
    if (ticket === undefined) throw circuitOpen(plan);
    state.guards.retryBudget.record(plan.provider, plan.isRepeat === true ? 'retry' : 'call');
    return { adapter, end: createEnd(state, plan, { ticket, permit }) };
  } catch (error) {
    permit?.release({ tokens: 0, wasSent: false });
    reportAttempt(state, plan, attemptOf(plan, { ok: false, error }, 0));
    throw error;
  }
}
