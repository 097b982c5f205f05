import { type CallOptions, findRow, type StreamPart } from '@orchestrator/adapters';
import type { ModelPart, ModelPlan, ModelRequest, ModelResult } from '@orchestrator/contracts';
import type { RouterState } from '../router-state.ts';
import { beginCall } from './begin-call.ts';

function sandboxWarning(asked: string | undefined): string {
  const instead = asked === undefined ? '' : ` instead of ${asked}`;
  return `No provider has an API key, so the built-in sandbox answered${instead}. This is sample text.`;
}

/** The request as the planned provider gets it. */
export function requestOf(plan: ModelPlan): ModelRequest {
  return { ...plan.request, provider: plan.provider, model: plan.model };
}

/** Says so when the sandbox answered in place of a provider. */
export function labelResult({ pool }: RouterState, plan: ModelPlan, result: ModelResult): ModelResult {
  if (plan.provider !== pool.sandbox.id || plan.request.provider === pool.sandbox.id) return result;
  return { ...result, warnings: [sandboxWarning(plan.request.provider), ...(result.warnings ?? [])] };
}

/** The pieces of an answer; the rest of a stream tells its end. */
export function isContentPart(part: StreamPart): part is ModelPart {
  return part.type === 'text' || part.type === 'reasoning' || part.type === 'tool-call';
}

/** A model outside the catalogue is asked: nothing says that it can't. */
export function canStream({ pool }: RouterState, { provider, model }: ModelPlan): boolean {
  return findRow(pool.find(provider)?.models ?? [], model)?.capabilities.includes('streaming') ?? true;
}

/**
 * Carries out a plan with the provider and model it names.
 * @throws ModelCallError
 */
export async function callPlan(state: RouterState, plan: ModelPlan, options: CallOptions): Promise<ModelResult> {
  const call = await beginCall(state, plan);
  try {
    const result = await call.adapter.generate(requestOf(plan), options);
    await call.end({ ok: true, result });
    return labelResult(state, plan, result);
  } catch (error) {
    await call.end({ ok: false, error });
    throw error;
  }
}
