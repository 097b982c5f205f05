import type { CallOptions, CostEstimate, StreamPart } from '@orchestrator/adapters';
import { findRow } from '@orchestrator/adapters';
import type {
  Capability,
  Issue,
  ModelPlan,
  ModelPlanResult,
  ModelRequest,
  ModelResult,
  PreviousCall,
} from '@orchestrator/contracts';
import { callPlan } from './call/call-plan.ts';
import { callStreamed, type StreamedCallOptions } from './call/call-streamed.ts';
import type { RouteOptions } from './call/chain.ts';
import { type RoutedResult, routeCall } from './call/route-call.ts';
import { routeStream } from './call/route-stream.ts';
import { checkNames } from './plan/check-names.ts';
import { type PlanOptions, planCall } from './plan/plan-call.ts';
import { checkServable, type NotServable } from './report/check-servable.ts';
import { estimateAll, estimateCost, type ProviderEstimate } from './report/estimates.ts';
import { createHealth, type HealthOptions, type RouterHealth } from './report/health.ts';
import { listModels, type ModelInfo } from './report/model-list.ts';
import { cheapestOf, type ProviderInfo, summaryOf } from './report/provider-lists.ts';
import type { RouterConfig } from './router-config.ts';
import { createRouterState, type RouterState } from './router-state.ts';

/**
 * Chooses providers and models, makes calls, falls back, and says why.
 *
 * Two ways to use it: `plan` and `call` for callers that record every single call themselves, `generate` and `stream` for a whole
 * chain of calls in this process. Keys are read and connections made at the first call of each provider.
 */
export class RouterEngine {
  readonly #state: RouterState;
  readonly #health: (options?: HealthOptions) => Promise<RouterHealth>;

  /** @throws AppError `invalid-configuration` when the default provider or one of the names in `priority`, `weights` or `limits` is unknown */
  constructor(config: RouterConfig = {}) {
    this.#state = createRouterState(config);
    this.#health = createHealth(this.#state);
  }

  /**
   * Decides the next call of a try: provider, model, and the most it can cost. Reads only what this process knows; no I/O.
   * @param previous - the failed calls of this try, oldest first
   * @returns `isExhausted` when no further call would help; an error with `isLocal` and `retryAfterMs` when all are held back
   */
  plan(request: ModelRequest, previous: readonly PreviousCall[] = [], options: PlanOptions = {}): ModelPlanResult {
    return planCall(this.#state, request, previous, options);
  }

  /**
   * Makes one planned call. Doesn't wait for the plan's `delayMs`, and doesn't ask for its `approval`. With `onPart` the answer is
   * streamed where the model can.
   * @throws ModelCallError with `error.isLocal` when a limit, a cool-down or an open circuit held it back; `costNanoUsd` is the worst
   * case (`reserved`) when the vendor may have worked on a failed call
   */
  call(plan: ModelPlan, options: CallOptions & Partial<Pick<StreamedCallOptions, 'onPart'>>): Promise<ModelResult> {
    const { onPart, ...callOptions } = options;
    if (onPart === undefined) return callPlan(this.#state, plan, callOptions);
    return callStreamed(this.#state, plan, { ...callOptions, onPart });
  }

  /**
   * Calls until one succeeds or none is left. `timeoutMs` holds for each call.
   * @throws ModelCallError of the last call; `Approval.Rejected` when the cost is over the threshold and `approved` isn't set
   */
  generate(request: ModelRequest, options: RouteOptions): Promise<RoutedResult> {
    return routeCall(this.#state, request, options);
  }

  /**
   * Like `generate`, part by part. Yields nothing before the first piece of content has come, so that failures up to there are mended
   * silently; a later one is thrown. Always ends with `finish` or an error. `onSettled` is called for each call that was sent.
   * @throws ModelCallError from the iterator
   */
  stream(request: ModelRequest, options: RouteOptions): AsyncIterable<StreamPart> {
    return routeStream(this.#state, request, options);
  }

  /** The most a request can cost at the provider that would be chosen, US dollars. */
  estimateCost(request: ModelRequest): CostEstimate {
    return estimateCost(this.#state, request);
  }

  /** Every provider side by side: worst and expected cost, latency, or why it can't serve the request. */
  estimateAll(request: ModelRequest): readonly ProviderEstimate[] {
    return estimateAll(this.#state, request);
  }

  /** Configured providers whose default model has a capability, in the registry's order. */
  getProvidersWithCapability(capability: Capability): readonly ProviderInfo[] {
    return this.#configured().filter(({ capabilities }) => capabilities.includes(capability));
  }

  /** The configured provider with the lowest list price; undefined when none is configured. */
  getCheapestProvider(): ProviderInfo | undefined {
    return cheapestOf(this.#configured());
  }

  /** The configured provider with the shortest live latency; undefined when none is configured. */
  getFastestProvider(): ProviderInfo | undefined {
    const latency = ({ latencyMs }: ProviderInfo) => latencyMs ?? Number.POSITIVE_INFINITY;
    return this.#configured().reduce<ProviderInfo | undefined>(
      (best, next) => (best === undefined || latency(next) < latency(best) ? next : best),
      undefined,
    );
  }

  /** Every provider of the registry, in its order. */
  providersInfo(): readonly ProviderInfo[] {
    const { pool, guards } = this.#state;
    return pool.all.map((provider) => {
      const summary = summaryOf(pool, provider);
      const prior = findRow(provider.models, summary.defaultModel)?.typicalLatencyMs;
      const latencyMs =
        prior === undefined ? null : Math.round(guards.latencies.estimateMs(provider.id, summary.defaultModel, prior));
      return { ...summary, isConfigured: pool.isConfigured(provider.id), latencyMs };
    });
  }

  /** Every model of the catalogue, with its provider. */
  models(): readonly ModelInfo[] {
    return listModels(this.#state);
  }

  /** Asks all configured providers at once whether they answer. Never rejects. */
  health(options?: HealthOptions): Promise<RouterHealth> {
    return this.#health(options);
  }

  /** The circuits of this process that are not closed, by provider and model. */
  troubledCircuits(): Readonly<Record<string, Readonly<Record<string, 'open' | 'half-open'>>>> {
    const { pool, guards } = this.#state;
    const troubled = pool.configured.map(({ id }) => {
      const states = Object.entries(guards.circuits.statesOf(id));
      const entries = states.flatMap(([model, state]) => (state === 'closed' ? [] : [[model, state] as const]));
      return [id, Object.fromEntries(entries)] as const;
    });
    return Object.fromEntries(troubled.filter(([, models]) => Object.keys(models).length > 0));
  }

  /** Unknown provider and model names of a request, as JSON pointers with near matches. */
  checkNames(request: Pick<ModelRequest, 'provider' | 'model' | 'fallbacks'>): Issue[] {
    return checkNames(this.#state.pool, request);
  }

  /** Why no configured provider could ever serve a request; null when one could. */
  checkServable(request: ModelRequest): NotServable | null {
    return checkServable(this.#state, request);
  }

  #configured(): readonly ProviderInfo[] {
    return this.providersInfo().filter(({ isConfigured }) => isConfigured);
  }
}
