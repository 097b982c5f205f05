import { setTimeout as delay } from 'node:timers/promises';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import type { RouterSettings } from '../router-config.ts';

/** What a counter's store said; `unknown` when it is down or too slow. */
export type StoreAnswer =
  | { readonly type: 'granted'; readonly msBeforeNext: number }
  | { readonly type: 'refused'; readonly msBeforeNext: number }
  | { readonly type: 'unknown' };

export type AskStore = (consume: () => Promise<RateLimiterRes>) => Promise<StoreAnswer>;

/** A limit protects the vendor's quota; it must not cost more than the call it guards. */
const storeTimeoutMs = 1_000;
/** A store that failed is left alone for so long: else every call would wait for it. */
const storePauseMs = 5_000;
const warnEveryMs = 10_000;

function isRefusal(reason: unknown): reason is RateLimiterRes {
  return typeof reason === 'object' && reason !== null && 'msBeforeNext' in reason && typeof reason.msBeforeNext === 'number';
}

/** Reads the library's answers: a refusal rejects with a `RateLimiterRes`, a broken store with an `Error`. Never rejects itself. */
export function createAskStore({ log, clock }: Pick<RouterSettings, 'log' | 'clock'>): AskStore {
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  const unknown = (error: unknown): StoreAnswer => {
    pausedUntilMs = clock.now() + storePauseMs;
    if (clock.now() - warnedAtMs >= warnEveryMs) {
      warnedAtMs = clock.now();
      log?.warn({ error }, 'the store of the rate limits does not answer; calls go on without them');
    }
    return { type: 'unknown' };
  };
  return async (consume) => {
    if (clock.now() < pausedUntilMs) return { type: 'unknown' };
    const timer = new AbortController();
    const tooLate = delay(storeTimeoutMs, undefined, { signal: timer.signal }).then(
      () => unknown(new Error(`no answer within ${storeTimeoutMs} ms`)),
      (): StoreAnswer => ({ type: 'unknown' }),
    );
    const answer = consume().then(
      ({ msBeforeNext }): StoreAnswer => ({ type: 'granted', msBeforeNext }),
      (reason: unknown): StoreAnswer =>
        isRefusal(reason) ? { type: 'refused', msBeforeNext: reason.msBeforeNext } : unknown(reason),
    );
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      timer.abort();
    }
  };
}
