import type { PreviousCall, RoutingRejection } from '@orchestrator/contracts';
import type { Candidate } from '../choose/candidate.ts';
import { failureClassOf } from '../guard/failure-class.ts';
import type { Guards } from '../guard/guards.ts';
import type { Hold } from '../guard/hold.ts';
import { type AskAgainSettings, askAgain, type LaterCall } from './ask-again.ts';
import { createCallHistory, rejectCandidate } from './call-history.ts';

/**
 * The chain of calls of one try. A failure of the request itself ends it; any other goes on with the next candidate that hasn't
 * failed. When none is left, the one that can be asked again soonest is asked after a pause. What counts is the list of previous
 * calls alone, so that another process can go on with a chain.
 */
export interface ChainSettings extends AskAgainSettings {
  readonly maxRetries: number;
  readonly enableFallback: boolean;
  readonly ignoresCoolDowns?: boolean | undefined;
}

export type NextCall =
  | {
      readonly type: 'call';
      readonly candidate: Candidate;
      readonly rejected: readonly RoutingRejection[];
      /** Those that could be asked, the chosen one first. */
      readonly open: readonly Candidate[];
      /** Set when nobody can be asked at once. */
      readonly later?: LaterCall;
    }
  | { readonly type: 'held'; readonly holds: readonly Hold[]; readonly held: readonly Candidate[] }
  | { readonly type: 'exhausted' };

/** Whom a try may ask at all: without fallback only whom it asked first. */
function allowed(
  candidates: readonly Candidate[],
  [first]: readonly PreviousCall[],
  { enableFallback }: ChainSettings,
): readonly Candidate[] {
  if (enableFallback) return candidates;
  if (first === undefined) return candidates.slice(0, 1);
  return candidates.filter(({ provider, model }) => provider.id === first.provider && model === first.model);
}

/**
 * The next call of a try.
 * @param candidates - best first
 * @param previous - failed calls of this try, oldest first
 */
export function nextCall(
  candidates: readonly Candidate[],
  previous: readonly PreviousCall[],
  guards: Guards,
  settings: ChainSettings,
): NextCall {
  const history = createCallHistory(candidates, previous);
  const last = previous.at(-1)?.error;
  if (last !== undefined && last.isLocal !== true && failureClassOf(last) === 'final') return { type: 'exhausted' };
  if (history.sent.length > settings.maxRetries) return { type: 'exhausted' };

  const mine = allowed(candidates, previous, settings);
  const rejected: RoutingRejection[] = [];
  const holds: Hold[] = [];
  const held: Candidate[] = [];
  const open: Candidate[] = [];
  for (const candidate of candidates) {
    if (!mine.includes(candidate)) {
      rejected.push(rejectCandidate(candidate, 'not-chosen', 'Falling back to other providers is switched off.'));
      continue;
    }
    const against = history.ruleOut(candidate);
    const hold = against === undefined ? guards.holdOf(candidate.provider.id, candidate.model, settings) : undefined;
    if (hold !== undefined) {
      holds.push(hold);
      held.push(candidate);
    }
    if (against !== undefined) rejected.push(against);
    else if (hold !== undefined) rejected.push(rejectCandidate(candidate, hold.code, hold.reason));
    else open.push(candidate);
  }
  const [next] = open;
  if (next !== undefined) return { type: 'call', candidate: next, open, rejected };
  if (previous.length === 0) return holds.length === 0 ? { type: 'exhausted' } : { type: 'held', holds, held };

  const { best: later, rejected: refused } = askAgain(mine, history, guards, settings);
  if (later === undefined) return { type: 'exhausted' };
  const { candidate } = later;
  const others = rejected.filter(({ provider, model }) => provider !== candidate.provider.id || model !== candidate.model);
  return { type: 'call', candidate, later, open: [candidate], rejected: [...others, ...refused] };
}
