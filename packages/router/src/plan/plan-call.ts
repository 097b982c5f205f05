import type {
  ModelPlan,
  ModelPlanResult,
  ModelRequest,
  PreviousCall,
  RoutingDecision,
  RoutingRejection,
  StepError,
} from '@orchestrator/contracts';
import { type Candidate, toRoutingCandidate } from '../choose/candidate.ts';
import { type Shortlist, shortlist } from '../choose/shortlist.ts';
import type { RouterState } from '../router-state.ts';
import { checkNames } from './check-names.ts';
import { heldError } from './held-error.ts';
import { type NextCall, nextCall } from './next-call.ts';

export interface PlanOptions {
  /** Replaces the router's `maxRetries` for this try. */
  readonly maxRetries?: number;
  /**
   * The caller waits between its calls by a policy of its own, so a cool-down that an earlier one started does not hold this one
   * back. Open circuits and our own limits do.
   */
  readonly ignoresCoolDowns?: boolean;
}

function refuse(message: string, provider: string | undefined): ModelPlanResult {
  return {
    ok: false,
    error: { name: 'Provider.InvalidRequest', message, retryable: false, ...(provider === undefined ? {} : { provider }) },
  };
}

export function shortlistFor({ settings, pool, guards }: RouterState, request: ModelRequest): Shortlist {
  const { weights, priority, random } = settings;
  const order = { latencies: guards.latencies, weights, priority, random };
  return shortlist({ pool, strategy: request.routing ?? settings.routingStrategy, order }, request);
}

/** A sentence or two for a request that nobody can serve: the reasons of those that it means, else of those without a key. */
export function refusalOf(rejected: readonly RoutingRejection[], request: ModelRequest): string {
  const { provider: named, fallbacks = [] } = request;
  const isMeant = ({ provider }: RoutingRejection) =>
    named === undefined || provider === named || fallbacks.some((fallback) => fallback.provider === provider);
  const meant = rejected.filter((rejection) => isMeant(rejection) && rejection.code !== 'unknown-model');
  const said = meant.filter(({ code }) => code !== 'not-configured' && code !== 'not-chosen');
  const reasons = new Set((said.length > 0 ? said : meant).map(({ reason }) => reason));
  const what = request.model === undefined ? 'this request' : `model "${request.model}"`;
  return `No configured provider can serve ${what}. ${[...reasons].join(' ')}`.trim();
}

function reasonOf(list: Shortlist, next: Extract<NextCall, { type: 'call' }>, previous: readonly PreviousCall[]): string {
  const failed = previous.at(-1);
  if (next.later !== undefined) return `Nobody can be asked at once, so this one is asked after ${next.later.delayMs} ms.`;
  if (failed !== undefined) return `${failed.provider} came to nothing (${failed.error.name}); this is the next in order.`;
  return next.candidate === list.candidates[0] ? list.reason : 'Those before it in order are held back.';
}

function decide(
  state: RouterState,
  list: Shortlist,
  next: Extract<NextCall, { type: 'call' }>,
  previous: readonly PreviousCall[],
): RoutingDecision {
  return {
    strategy: list.strategy,
    provider: next.candidate.provider.id,
    model: next.candidate.model,
    reason: reasonOf(list, next, previous),
    candidates: next.open.map((candidate) => toRoutingCandidate(state.guards.latencies, candidate)),
    rejected: [...next.rejected, ...list.rejected],
  };
}

/** A plan's request has its `maxTokens` filled in, so that what is reserved is what is sent; its names stay as asked for. */
function toPlan(state: RouterState, request: ModelRequest, { provider, model, call }: Candidate): ModelPlan {
  const { thresholdNanoUsd, thresholdUSD } = state.settings;
  const worst = call.worstCaseNanoUsd;
  return {
    provider: provider.id,
    model,
    request: { ...request, maxTokens: call.maxTokens },
    worstCaseNanoUsd: worst,
    ...(worst === null || worst > thresholdNanoUsd ? { approval: { thresholdUSD } } : {}),
  };
}

function pauseOf({ later }: Extract<NextCall, { type: 'call' }>): Pick<ModelPlan, 'delayMs' | 'isRepeat'> {
  if (later === undefined) return {};
  return { delayMs: later.delayMs, ...(later.isRepeat ? { isRepeat: true } : {}) };
}

/** The costliest of the calls that are held back now; an unknown price counts most. */
function heldBackOf(held: readonly Candidate[]): Pick<Extract<ModelPlanResult, { ok: false }>, 'heldBack'> {
  const costOf = ({ call }: Candidate) => call.worstCaseNanoUsd ?? Number.POSITIVE_INFINITY;
  const [first, ...others] = held;
  if (first === undefined) return {};
  const { provider, model, call } = others.reduce((most, each) => (costOf(each) > costOf(most) ? each : most), first);
  return { heldBack: { provider: provider.id, model, worstCaseNanoUsd: call.worstCaseNanoUsd } };
}

/** The error that a try ends with: that of its last call that was sent, else of the last that was held back. */
function lastError(previous: readonly PreviousCall[]): StepError | undefined {
  return (previous.findLast(({ error }) => error.isLocal !== true) ?? previous.at(-1))?.error;
}

/** Decides the next call of a try and prices its worst case. Reads what the process has learnt, changes nothing. */
export function planCall(
  state: RouterState,
  request: ModelRequest,
  previous: readonly PreviousCall[],
  options: PlanOptions = {},
): ModelPlanResult {
  const [unknown] = checkNames(state.pool, request);
  if (unknown !== undefined) return refuse(unknown.message, request.provider);
  const list = shortlistFor(state, request);
  const { enableFallback, random, clock, maxRetries } = state.settings;
  const next = nextCall(list.candidates, previous, state.guards, {
    maxRetries: options.maxRetries ?? maxRetries,
    enableFallback,
    ignoresCoolDowns: options.ignoresCoolDowns,
    random,
    nowMs: clock.now(),
  });
  if (next.type === 'call') {
    const plan = toPlan(state, request, next.candidate);
    const routing = decide(state, list, next, previous);
    const despite = options.ignoresCoolDowns === true ? { ignoresCoolDowns: true } : {};
    return { ok: true, plan: { ...plan, routing, ...pauseOf(next), ...despite } };
  }
  if (next.type === 'held') return { ok: false, error: heldError(next.holds, clock.now()), ...heldBackOf(next.held) };
  const error = lastError(previous);
  return error === undefined
    ? refuse(refusalOf(list.rejected, request), request.provider)
    : { ok: false, error, isExhausted: true };
}
