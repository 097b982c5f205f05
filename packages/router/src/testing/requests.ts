import type { ModelPlan, ModelRequest, PreviousCall, StepError } from '@orchestrator/contracts';
import type { PlanOptions } from '../plan/plan-call.ts';
import type { RouterEngine } from '../router-engine.ts';
import { failure } from './fake-providers.ts';

export const anyCall = (signal: AbortSignal = new AbortController().signal) => ({ signal, timeoutMs: 5_000 });

export function planOf(
  router: RouterEngine,
  request: Partial<ModelRequest> = {},
  previous: readonly PreviousCall[] = [],
  options: PlanOptions = {},
): ModelPlan {
  const planned = router.plan({ prompt: 'hello', ...request }, previous, options);
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.plan;
}

export function refusalOf(
  router: RouterEngine,
  request: Partial<ModelRequest> = {},
  previous: readonly PreviousCall[] = [],
): StepError & { readonly isExhausted: boolean } {
  const planned = router.plan({ prompt: 'hello', ...request }, previous);
  if (planned.ok) throw new Error(`planned ${planned.plan.provider}`);
  return { ...planned.error, isExhausted: planned.isExhausted === true };
}

/** A failed call as the engine reports it. */
export function failed(name: Parameters<typeof failure>[0], provider: string, model = `${provider}-1`): PreviousCall {
  return { provider, model, error: failure(name, provider).error };
}
