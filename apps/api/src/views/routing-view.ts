import { type AttemptRecord, type RoutingView, type RunSnapshot, usdFromNanoUsd } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';

function toRoutedAttempt(attempt: AttemptRecord): RoutingView['attempts'][number] {
  return omitUndefined({
    provider: attempt.provider,
    model: attempt.model,
    outcome: attempt.outcome,
    error: attempt.error,
    latencyMs: attempt.latencyMs,
    costUSD: usdFromNanoUsd(attempt.costNanoUsd),
  });
}

/** How a `generate` run was routed; undefined when it did not ask for an explanation, or no call was planned. */
export function toRoutingView({ input, steps }: RunSnapshot): RoutingView | undefined {
  const isAsked = typeof input === 'object' && input !== null && 'explain' in input && input.explain === true;
  const attempts = isAsked ? (steps.at(-1)?.attempts ?? []) : [];
  const decision = attempts.findLast(({ routing }) => routing !== undefined)?.routing;
  if (decision === undefined) return undefined;
  const { strategy, provider, model, reason, candidates, rejected } = decision;
  return { strategy, chosen: { provider, model, reason }, candidates, rejected, attempts: attempts.map(toRoutedAttempt) };
}
