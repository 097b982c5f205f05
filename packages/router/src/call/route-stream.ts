import type { StreamPart } from '@orchestrator/adapters';
import type { ModelRequest } from '@orchestrator/contracts';
import type { RouterState } from '../router-state.ts';
import { type RouteOptions, startChain } from './chain.ts';
import { streamPlan } from './stream-plan.ts';

function isContent(part: StreamPart): boolean {
  if (part.type === 'text' || part.type === 'reasoning') return part.text !== '';
  // An answer may be complete and empty.
  return part.type === 'tool-call' || part.type === 'finish';
}

/**
 * Streams from the first provider that begins to answer. Nothing is yielded before the first piece of content, so until then a
 * failure is mended without a trace; afterwards it is thrown, since what was read can't be taken back.
 */
export async function* routeStream(state: RouterState, request: ModelRequest, options: RouteOptions): AsyncGenerator<StreamPart> {
  const chain = startChain(state, request, options);
  for (;;) {
    const plan = await chain.next();
    const startedAt = performance.now();
    const held: StreamPart[] = [];
    let isCommitted = false;
    try {
      for await (const part of streamPlan(state, plan, options)) {
        isCommitted ||= isContent(part);
        held.push(part);
        if (!isCommitted) continue;
        yield* held.splice(0);
      }
      return;
    } catch (error) {
      if (isCommitted) throw error;
      chain.failed(plan, error, startedAt);
    }
  }
}
