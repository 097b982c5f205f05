import type { ModelRequest, ModelResult, RoutingDecision } from '@orchestrator/contracts';
import type { RoutedAttempt } from '../router-config.ts';
import type { RouterState } from '../router-state.ts';
import { callPlan } from './call-plan.ts';
import { type RouteOptions, startChain } from './chain.ts';

/** An answer and how it came about. */
export interface RoutedResult extends ModelResult {
  readonly routing: RoutingDecision | undefined;
  /** Every call that was made for it, the last one successful. Their costs together are the price of the answer. */
  readonly attempts: readonly RoutedAttempt[];
}

/** Plans and calls until one call succeeds or none is left. */
export async function routeCall(state: RouterState, request: ModelRequest, options: RouteOptions): Promise<RoutedResult> {
  const chain = startChain(state, request, options);
  for (;;) {
    const plan = await chain.next();
    const startedAt = performance.now();
    try {
      const result = await callPlan(state, plan, options);
      chain.succeeded(plan, result.costNanoUsd, startedAt);
      return { ...result, routing: plan.routing, attempts: chain.attempts };
    } catch (error) {
      chain.failed(plan, error, startedAt);
    }
  }
}
