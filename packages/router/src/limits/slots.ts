import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { RouterClock } from '../clock.ts';
import type { AskStore } from './store-answer.ts';

/** One of a provider's places for calls at the same time. */
export interface Slot {
  release(): void;
}

/** Time that a slot outlives the longest call that may hold it, seconds. */
const marginS = 10;

/**
 * Concurrency without a shared lock: each slot is a key that only one worker can take. It expires by itself, so that a worker that
 * dies gives its slots back.
 */
export function createSlots(
  limiter: RateLimiterAbstract,
  { ask, clock, random }: { readonly ask: AskStore; readonly clock: Pick<RouterClock, 'now'>; readonly random: () => number },
) {
  const mine = new Set<string>();
  /** @returns undefined when all are taken */
  return async function takeSlot(provider: string, count: number, timeoutMs: number): Promise<Slot | undefined> {
    const start = Math.floor(random() * count);
    const durationS = Math.ceil(timeoutMs / 1_000) + marginS;
    for (let turn = 0; turn < count; turn++) {
      const key = `${provider}:${(start + turn) % count}`;
      if (mine.has(key)) continue;
      mine.add(key);
      const answer = await ask(() => limiter.consume(key, 1, { customDuration: durationS }));
      if (answer.type === 'refused') {
        mine.delete(key);
        continue;
      }
      const expiresAtMs = clock.now() + durationS * 1_000;
      return {
        release() {
          mine.delete(key);
          // Once expired it may be another worker's.
          if (clock.now() < expiresAtMs) void limiter.delete(key).catch(() => undefined);
        },
      };
    }
    return undefined;
  };
}
