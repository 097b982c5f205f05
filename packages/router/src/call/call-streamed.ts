import type { CallOptions } from '@orchestrator/adapters';
import type { ModelPart, ModelPlan, ModelResult } from '@orchestrator/contracts';
import type { RouterState } from '../router-state.ts';
import { callPlan, canStream, isContentPart } from './call-plan.ts';
import { streamPlan } from './stream-plan.ts';

export interface StreamedCallOptions extends CallOptions {
  /** Called with each piece of the answer, in order, before the result is there. Must not throw. */
  readonly onPart: (part: ModelPart) => void;
}

/**
 * Carries out a plan as a stream that is told piece by piece, and as a whole at its end. A model that can't stream is called
 * without.
 * @throws ModelCallError
 */
export async function callStreamed(state: RouterState, plan: ModelPlan, options: StreamedCallOptions): Promise<ModelResult> {
  const { onPart, ...callOptions } = options;
  if (!canStream(state, plan)) return callPlan(state, plan, callOptions);
  let result: ModelResult | undefined;
  for await (const part of streamPlan(state, plan, callOptions)) {
    if (isContentPart(part)) onPart(part);
    else if (part.type === 'finish') result = part.result;
  }
  // streamPlan ends with `finish` or throws.
  if (result === undefined) throw new TypeError('a stream ended without its result');
  return result;
}
