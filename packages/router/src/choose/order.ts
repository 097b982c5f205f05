import type { RoutingStrategy } from '@orchestrator/contracts';
import type { Latencies } from '../guard/latency.ts';
import { type Candidate, expectedCostOf, latencyOf } from './candidate.ts';

export interface OrderContext {
  readonly latencies: Latencies;
  readonly weights: Readonly<Record<string, number>>;
  readonly priority: readonly string[];
  readonly random: () => number;
}

/**
 * A key per candidate, smaller is better. Weighted drawing without replacement: -ln(u)/weight is the time of the first event of
 * a process of that rate, so the smallest key falls to each candidate in proportion to its weight, and so on among the rest.
 */
function keyOf(strategy: RoutingStrategy, candidate: Candidate, context: OrderContext): number {
  if (strategy === 'fastest') return latencyOf(context.latencies, candidate);
  if (strategy === 'weighted') {
    const weight = context.weights[candidate.provider.id] ?? 1;
    return weight > 0 ? -Math.log(1 - context.random()) / weight : Number.POSITIVE_INFINITY;
  }
  if (strategy === 'priority') {
    const place = context.priority.indexOf(candidate.provider.id);
    return place === -1 ? Number.POSITIVE_INFINITY : place;
  }
  return expectedCostOf(candidate);
}

/** Sorts candidates by a strategy; ties keep their order. */
export function orderCandidates(
  strategy: RoutingStrategy,
  candidates: readonly Candidate[],
  context: OrderContext,
): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  return (
    candidates
      .map((candidate) => ({ candidate, key: keyOf(strategy, candidate, context) }))
      // Not by difference: infinity minus infinity is no number.
      .sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1))
      .map(({ candidate }) => candidate)
  );
}
