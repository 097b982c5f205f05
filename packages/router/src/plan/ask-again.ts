import type { RoutingRejection } from '@orchestrator/contracts';
import type { Candidate } from '../choose/candidate.ts';
import { failureClassOf } from '../guard/failure-class.ts';
import type { Guards } from '../guard/guards.ts';
import { type Hold, isTemporary } from '../guard/hold.ts';
import { backoffMs, longestWaitMs } from './backoff.ts';
import { type CallHistory, rejectCandidate } from './call-history.ts';

/** A candidate to be called after a pause, since nobody can be called now. */
export interface LaterCall {
  readonly candidate: Candidate;
  readonly delayMs: number;
  /** The vendor had the same call before. */
  readonly isRepeat: boolean;
}

export interface AskAgainSettings {
  readonly random: () => number;
  readonly nowMs: number;
}

/** Local refusals of one candidate that a try puts up with: the first is answered by asking others, then by waiting once. */
const mostLocalRefusals = 2;
/** An open circuit is there to fail fast; only the end of its probe is worth a wait. Milliseconds. */
const longestCircuitWaitMs = 2_000;

function waitFor(hold: Hold, nowMs: number): number | undefined {
  const leftMs = hold.untilMs - nowMs;
  const longestMs = hold.code === 'circuit-open' ? longestCircuitWaitMs : longestWaitMs;
  return isTemporary(hold) && leftMs <= longestMs ? leftMs : undefined;
}

/** How long to wait before a candidate may be called; undefined when that would help nothing, or take too long. */
function delayOf(
  candidate: Candidate,
  history: CallHistory,
  hold: Hold | undefined,
  settings: AskAgainSettings,
): number | undefined {
  const own = history.of(candidate);
  const last = own.at(-1)?.error;
  const holdMs = hold === undefined ? 0 : waitFor(hold, settings.nowMs);
  if (holdMs === undefined) return undefined;
  if (last === undefined) {
    // Held back since before this try, and nothing else speaks against it.
    return hold === undefined || history.ruleOut(candidate) !== undefined ? undefined : holdMs;
  }
  const failure = failureClassOf(last);
  if (!last.retryable || (failure !== 'rate' && failure !== 'transient')) return undefined;
  if (own.filter(({ error }) => error.isLocal === true).length >= mostLocalRefusals) return undefined;
  const backoff = backoffMs(own.length, settings.random);
  const askedMs = Math.max(last.retryAfterMs ?? 0, holdMs);
  if (askedMs > longestWaitMs) return undefined;
  // Those who were told the same moment shouldn't all come at it.
  return askedMs > 0 ? askedMs + Math.min(backoff, Math.ceil(askedMs / 10)) : backoff;
}

/** The candidate that can be called soonest, at equal times the better one; undefined when no pause would help. */
export function askAgain(
  candidates: readonly Candidate[],
  history: CallHistory,
  guards: Guards,
  settings: AskAgainSettings,
): { readonly best: LaterCall | undefined; readonly rejected: readonly RoutingRejection[] } {
  const rejected: RoutingRejection[] = [];
  let best: LaterCall | undefined;
  for (const candidate of candidates) {
    const { id } = candidate.provider;
    if (history.isTooSmall(candidate)) continue;
    const delayMs = delayOf(candidate, history, guards.holdOf(id, candidate.model), settings);
    if (delayMs === undefined) continue;
    const isRepeat = history.of(candidate).some(({ error }) => error.isLocal !== true);
    if (isRepeat && !guards.retryBudget.mayRetry(id)) {
      rejected.push(
        rejectCandidate(candidate, 'retry-budget-spent', `Retries are already a tenth of the recent calls of ${id}.`),
      );
    } else if (best === undefined || delayMs < best.delayMs) {
      best = { candidate, delayMs: Math.ceil(delayMs), isRepeat };
    }
  }
  return { best, rejected };
}
