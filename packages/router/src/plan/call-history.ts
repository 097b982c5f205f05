import type { PreviousCall, RoutingRejection } from '@orchestrator/contracts';
import type { Candidate } from '../choose/candidate.ts';
import { failureClassOf, isProviderWide } from '../guard/failure-class.ts';

/** What the failed calls of a try say about its candidates. */
export interface CallHistory {
  readonly calls: readonly PreviousCall[];
  /** Calls that were sent, oldest first. */
  readonly sent: readonly PreviousCall[];
  of(candidate: Candidate): readonly PreviousCall[];
  /** What speaks against a first call of a candidate. */
  ruleOut(candidate: Candidate): RoutingRejection | undefined;
  /** Whether the input was already too long for a context as large as this candidate's. */
  isTooSmall(candidate: Candidate): boolean;
}

export function rejectCandidate(
  { provider, model }: Candidate,
  code: RoutingRejection['code'],
  reason: string,
): RoutingRejection {
  return { provider: provider.id, model, code, reason };
}

const isOf = (candidate: Candidate, call: PreviousCall) =>
  call.provider === candidate.provider.id && call.model === candidate.model;

/** A context that isn't known counts as the smallest. */
const contextOf = (candidate: Candidate | undefined) => candidate?.call.row?.contextTokens ?? 0;

export function createCallHistory(candidates: readonly Candidate[], calls: readonly PreviousCall[]): CallHistory {
  let largestFailedContext = -1;
  for (const call of calls) {
    if (failureClassOf(call.error) !== 'context') continue;
    largestFailedContext = Math.max(largestFailedContext, contextOf(candidates.find((each) => isOf(each, call))));
  }
  const isTooSmall = (candidate: Candidate) => contextOf(candidate) <= largestFailedContext;
  return {
    calls,
    sent: calls.filter(({ error }) => error.isLocal !== true),
    of: (candidate) => calls.filter((call) => isOf(candidate, call)),
    isTooSmall,
    ruleOut(candidate) {
      for (const call of calls) {
        if (!isOf(candidate, call) && !(isProviderWide(call.error) && call.provider === candidate.provider.id)) continue;
        return rejectCandidate(candidate, 'failed-before', `${call.provider} already failed in this try: ${call.error.name}.`);
      }
      if (!isTooSmall(candidate)) return undefined;
      return rejectCandidate(candidate, 'context-length', 'Its context is no larger than one that was too small for the input.');
    },
  };
}
