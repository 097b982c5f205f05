import type { CallOptions, StreamPart } from '@orchestrator/adapters';
import { ModelCallError, type ModelPlan } from '@orchestrator/contracts';
import type { RouterState } from '../router-state.ts';
import { type BegunCall, beginCall } from './begin-call.ts';
import { labelResult, requestOf } from './call-plan.ts';

/** Node clamps longer timers to 1 ms. */
const longestTimerMs = 2_147_483_647;

function unfinished({ provider }: ModelPlan): ModelCallError {
  return new ModelCallError({
    name: 'Provider.Truncated',
    message: 'The stream ended before the answer was complete.',
    retryable: true,
    provider,
  });
}

/**
 * Carries out a plan as a stream: every part as the adapter gives it.
 * @throws ModelCallError from the iterator, also when the stream ends without `finish`
 */
export async function* streamPlan(state: RouterState, plan: ModelPlan, options: CallOptions): AsyncGenerator<StreamPart> {
  const call = await beginCall(state, plan);
  const { onSettled } = options;
  let isReading = true;
  try {
    const parts = call.adapter.stream(requestOf(plan), {
      ...state.settings.streamTimeouts,
      ...options,
      // Also tells how a stream ended that its reader left.
      onSettled(outcome) {
        void call.end(outcome);
        onSettled?.(outcome);
      },
    });
    for await (const part of parts) {
      if (part.type !== 'finish') {
        yield part;
        continue;
      }
      await call.end({ ok: true, result: part.result });
      isReading = false;
      yield { ...part, result: labelResult(state, plan, part.result) };
      return;
    }
    throw unfinished(plan);
  } catch (error) {
    isReading = false;
    await call.end({ ok: false, error });
    throw error;
  } finally {
    // The reader left. The adapter settles the call in the background, at the latest when its time is up.
    if (isReading) endLater(call, options);
  }
}

/** A call that nobody reports would keep its slot, and a probe its circuit, for ever. */
function endLater(call: BegunCall, { signal, timeoutMs }: CallOptions): void {
  const message = 'the reader of the stream left.';
  const outcome = { ok: false, error: new ModelCallError({ name: 'Run.Cancelled', message, retryable: false }) } as const;
  if (signal.aborted) void call.end(outcome);
  else setTimeout(() => void call.end(outcome), Math.min(timeoutMs, longestTimerMs)).unref();
}
