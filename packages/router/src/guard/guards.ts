import type { LimiterFactory } from '../limits/limiter-factory.ts';
import type { RouterSettings } from '../router-config.ts';
import { type CircuitBreakers, createCircuitBreakers } from './circuit-breakers.ts';
import { type Cooldowns, createCooldowns } from './cooldowns.ts';
import type { Hold } from './hold.ts';
import { createLatencies, type Latencies } from './latency.ts';
import { createRetryBudget, type RetryBudget } from './retry-budget.ts';

/** What this process has learnt of the providers from its own calls; read by every plan, written by every call. */
export interface Guards {
  readonly circuits: CircuitBreakers;
  readonly cooldowns: Cooldowns;
  readonly latencies: Latencies;
  readonly retryBudget: RetryBudget;
  /**
   * Why a model is not asked now, if it isn't.
   * @param options.ignoresCoolDowns - what the vendor said to earlier calls is no reason; circuits and our own limits are
   */
  holdOf(provider: string, model: string, options?: { readonly ignoresCoolDowns?: boolean | undefined }): Hold | undefined;
}

export type GuardSettings = Pick<RouterSettings, 'breaker' | 'clock'> & { readonly limiterFactory?: LimiterFactory | undefined };

export function createGuards({ breaker, clock }: GuardSettings): Guards {
  const circuits = createCircuitBreakers(breaker, clock);
  const cooldowns = createCooldowns(clock);
  return {
    circuits,
    cooldowns,
    latencies: createLatencies(clock),
    retryBudget: createRetryBudget(clock),
    holdOf(provider, model, { ignoresCoolDowns = false } = {}) {
      const hold = cooldowns.holdOf(provider, model);
      return hold === undefined || (ignoresCoolDowns && hold.code === 'cooling-down') ? circuits.holdOf(provider, model) : hold;
    },
  };
}
