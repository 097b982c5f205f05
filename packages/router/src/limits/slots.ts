import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RouterClock } from '../clock.ts';
import type { AskStore } from './store-answer.ts';

/** One of a provider's places for calls at the same time. */
export interface Slot {
  release(): void;
}

/** A slot is kept by renewing it, so that a worker that dies gives its slots back long before its calls would have ended. */
const leaseS = 10;
const leaseMs = leaseS * 1_000;
const renewEveryMs = 3_000;

/**
 * Concurrency without a shared lock: each slot is a key that only one worker can take. It expires by itself unless it is renewed.
 */
export function createSlots(
  limiter: RateLimiterAbstract,
  { ask, clock, random }: { readonly ask: AskStore; readonly clock: Pick<RouterClock, 'now'>; readonly random: () => number },
) {
  const mine = new Set<string>();

  function hold(key: string): Slot {
    let expiresAtMs = clock.now() + leaseMs;
    let renewal: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      // Once expired it may be another worker's.
      if (clock.now() >= expiresAtMs) return clearInterval(timer);
      const renewedUntilMs = clock.now() + leaseMs;
      renewal = limiter.set(key, 1, leaseS).then(
        () => {
          expiresAtMs = renewedUntilMs;
        },
        () => undefined,
      );
    }, renewEveryMs);
    timer.unref();
    return {
      release() {
        mine.delete(key);
        clearInterval(timer);
        // A renewal that is still under way must not come after the end.
        void renewal.then(() => (clock.now() < expiresAtMs ? limiter.delete(key) : undefined)).catch(() => undefined);
      },
    };
  }

  /** @returns undefined when all are taken */
  return async function takeSlot(provider: string, count: number): Promise<Slot | undefined> {
    const start = Math.floor(random() * count);
    for (let turn = 0; turn < count; turn++) {
      const key = `${provider}:${(start + turn) % count}`;
      if (mine.has(key)) continue;
      mine.add(key);
      const answer = await ask(() => limiter.consume(key, 1, { customDuration: leaseS }));
      if (answer.type !== 'refused') return hold(key);
      mine.delete(key);
    }
    return undefined;
  };
}
