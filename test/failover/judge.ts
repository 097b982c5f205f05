/** `PASS`: a whole answer in time. `SAFE`: an explicit error in time. `FAIL`: a truncated or empty success, or neither in time. */
export type Verdict = 'PASS' | 'SAFE' | 'FAIL';

/** What the caller of the router saw of one request. */
export type Sight =
  | { readonly type: 'answer'; readonly text: string; readonly provider: string }
  /** `shownText`: what a stream had shown before it failed; `retried`: the answer when the request was made again as a whole. */
  | { readonly type: 'error'; readonly name: string; readonly shownText: string; readonly retried?: string }
  | { readonly type: 'hang' };

export interface Judgement {
  readonly verdict: Verdict;
  /** A few words for the table. */
  readonly reason: string;
}

/** @param wholeText - what the healthy provider says, from the first word to the last */
export function judge(sight: Sight, wholeText: string): Judgement {
  if (sight.type === 'hang') return { verdict: 'FAIL', reason: 'neither answer nor error in time' };
  if (sight.type === 'answer') {
    if (sight.text === wholeText) return { verdict: 'PASS', reason: 'fallback' };
    const what = sight.text === '' ? 'an empty' : 'a truncated or mixed';
    return { verdict: 'FAIL', reason: `success with ${what} answer of ${sight.provider}` };
  }
  if (sight.retried === undefined) return { verdict: 'SAFE', reason: sight.name };
  if (sight.retried !== wholeText) return { verdict: 'FAIL', reason: 'success of the retry with a truncated answer' };
  return { verdict: 'PASS', reason: `${sight.name}, then the retry` };
}

/** The worst of several. */
export function worstOf(judgements: readonly Judgement[]): Verdict {
  const order: readonly Verdict[] = ['FAIL', 'SAFE', 'PASS'];
  return order.find((verdict) => judgements.some((each) => each.verdict === verdict)) ?? 'FAIL';
}
