import type { CallOptions } from '@orchestrator/adapters';
import { ModelCallError, type ModelPlan, type ModelRequest, type PreviousCall, usdFromNanoUsd } from '@orchestrator/contracts';
import { planCall } from '../plan/plan-call.ts';
import type { RoutedAttempt } from '../router-config.ts';
import type { RouterState } from '../router-state.ts';

export interface RouteOptions extends CallOptions {
  /** The caller agrees to any cost: the approval threshold isn't applied. @defaultValue false */
  readonly approved?: boolean;
  /** Replaces the router's `maxRetries`. */
  readonly maxRetries?: number;
}

/** A whole chain of calls within one process. */
export interface Chain {
  readonly attempts: readonly RoutedAttempt[];
  /** Waits for the plan's moment. @throws ModelCallError when no call is left, approval is missing or the caller gave up */
  next(): Promise<ModelPlan>;
  /** Adds a failed call. @throws the error itself, when it isn't one of a model call */
  failed(plan: ModelPlan, error: unknown, startedAt: number): void;
  succeeded(plan: ModelPlan, costNanoUsd: number, startedAt: number): void;
}

function cancelled(): ModelCallError {
  return new ModelCallError({ name: 'Run.Cancelled', message: 'the call was aborted by its caller.', retryable: false });
}

function approvalNeeded({ worstCaseNanoUsd, provider, model }: ModelPlan, thresholdUSD: number): ModelCallError {
  const cost = worstCaseNanoUsd === null ? 'has no known price' : `may cost up to $${usdFromNanoUsd(worstCaseNanoUsd)}`;
  const message = `The call of ${provider}/${model} ${cost}; above $${thresholdUSD} it needs approval.`;
  return new ModelCallError({ name: 'Approval.Rejected', message, retryable: false, provider, isLocal: true });
}

export function startChain(state: RouterState, request: ModelRequest, options: RouteOptions): Chain {
  const { clock } = state.settings;
  const previous: PreviousCall[] = [];
  const attempts: RoutedAttempt[] = [];
  const planOptions = options.maxRetries === undefined ? {} : { maxRetries: options.maxRetries };
  let lastThrown: ModelCallError | undefined;

  const end = (plan: ModelPlan, startedAt: number, rest: Pick<RoutedAttempt, 'outcome' | 'error' | 'isLocal' | 'costUSD'>) => {
    attempts.push({ provider: plan.provider, model: plan.model, ...rest, latencyMs: Math.round(performance.now() - startedAt) });
  };

  return {
    attempts,
    async next() {
      if (options.signal.aborted) throw cancelled();
      const planned = planCall(state, request, previous, planOptions);
      if (!planned.ok) {
        // The error as it was thrown also tells what the failed call cost.
        throw lastThrown !== undefined && planned.isExhausted ? lastThrown : new ModelCallError(planned.error);
      }
      const { plan } = planned;
      if (plan.approval !== undefined && options.approved !== true) throw approvalNeeded(plan, plan.approval.thresholdUSD);
      if (plan.delayMs !== undefined) {
        try {
          await clock.sleep(plan.delayMs, options.signal);
        } catch (error) {
          if (options.signal.aborted) throw cancelled();
          throw error;
        }
      }
      return plan;
    },
    failed(plan, error, startedAt) {
      if (!(error instanceof ModelCallError)) throw error;
      const isLocal = error.error.isLocal === true;
      if (!isLocal || lastThrown === undefined || lastThrown.error.isLocal === true) lastThrown = error;
      previous.push({ provider: plan.provider, model: plan.model, error: error.error });
      end(plan, startedAt, {
        outcome: 'failed',
        error: error.error.name,
        ...(isLocal ? { isLocal } : {}),
        costUSD: usdFromNanoUsd(error.costNanoUsd),
      });
    },
    succeeded(plan, costNanoUsd, startedAt) {
      end(plan, startedAt, { outcome: 'ok', costUSD: usdFromNanoUsd(costNanoUsd) });
    },
  };
}
