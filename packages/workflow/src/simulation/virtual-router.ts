import {
  type ModelPlan,
  type ModelPlanResult,
  type ModelRequest,
  type PreviousCall,
  usdFromNanoUsd,
} from '@orchestrator/contracts';
import type { PlanOptions } from '../ports.ts';
import { stepError } from '../step-failure.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Nano-USD per token; null: nobody knows. Cheapest first, as the router asks them. */
const prices: Readonly<Record<string, number | null>> = { one: 5, two: 7, three: 11, unpriced: null };
/** Calls after the first of a try. */
export const virtualMaxRetries = 2;
/** Above this worst case somebody has to agree. */
const thresholdNanoUsd = 1_200;

function worstCaseOf(provider: string, request: ModelRequest): number | null {
  const price = prices[provider] ?? null;
  return price === null ? null : price * ((request.prompt ?? '').length + (request.maxTokens ?? 100));
}

/**
 * A small router with the manners of the real one: fallbacks, repeated calls after a wait, circuits that each worker opens for
 * itself, calls that are held back between plan and call.
 */
export class VirtualRouter {
  readonly #time: VirtualTime;
  readonly #random: SeededRandom;
  readonly #openUntilMs = new Map<string, number>();

  constructor(time: VirtualTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** Keeps a provider from being asked for a while, in this worker only. */
  open(provider: string): void {
    this.#openUntilMs.set(provider, this.#time.nowMs + this.#random.pick([200, 5_000, 40_000]));
  }

  plan(request: ModelRequest, previous: readonly PreviousCall[] = [], options: PlanOptions = {}): ModelPlanResult {
    const last = previous.at(-1)?.error;
    const maxRetries = options.maxRetries ?? virtualMaxRetries;
    const made = previous.filter((call) => call.error.isLocal !== true);
    if (last !== undefined && (last.name === 'Provider.InvalidRequest' || made.length > maxRetries))
      return { ok: false, error: last, isExhausted: true };
    const all =
      request.provider === undefined
        ? ['one', 'two', 'three']
        : [request.provider, ...(request.fallbacks ?? []).map(({ provider }) => provider)];
    const fresh = all.filter((provider) => !previous.some((call) => call.provider === provider));
    const isOpen = (provider: string) => (this.#openUntilMs.get(provider) ?? 0) > this.#time.nowMs;
    const free = fresh.filter((provider) => !isOpen(provider));
    const [first] = free;
    if (first !== undefined) return { ok: true, plan: this.#planOf(first, request, free, all.filter(isOpen)) };
    const again = made.at(-1)?.provider;
    if (fresh.length === 0 && again !== undefined && !isOpen(again)) {
      const delayMs = this.#random.pick([10, 900, 6_000]);
      return { ok: true, plan: { ...this.#planOf(again, request, [again], all.filter(isOpen)), delayMs } };
    }
    const costliest = all.toSorted((a, b) => (prices[b] ?? 0) - (prices[a] ?? 0))[0] ?? 'one';
    return {
      ok: false,
      error: stepError('Provider.RateLimited', 'all are held back', { isLocal: true, retryAfterMs: 3_000 }),
      heldBack: { provider: costliest, model: 'm', worstCaseNanoUsd: worstCaseOf(costliest, request) },
    };
  }

  #planOf(provider: string, request: ModelRequest, candidates: readonly string[], open: readonly string[]): ModelPlan {
    const worstCaseNanoUsd = worstCaseOf(provider, request);
    const needsApproval = worstCaseNanoUsd === null || worstCaseNanoUsd > thresholdNanoUsd;
    return {
      provider,
      model: 'm',
      request,
      worstCaseNanoUsd,
      routing: {
        strategy: request.provider === undefined ? 'cheapest' : 'specified',
        provider,
        model: 'm',
        reason: 'it comes first',
        candidates: candidates.map((name) => ({ provider: name, model: 'm', expectedCostUSD: null, latencyMs: 1 })),
        rejected: open.map((name) => ({ provider: name, code: 'circuit-open' as const, reason: 'it failed' })),
      },
      ...(needsApproval && { approval: { thresholdUSD: usdFromNanoUsd(thresholdNanoUsd) } }),
    };
  }
}
