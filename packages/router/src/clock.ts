import { setTimeout as delay } from 'node:timers/promises';

/** All the router knows of time. */
export interface RouterClock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects when the signal fires first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** `Date.now` is looked up at each call, so that it can be replaced as a whole. */
export const systemClock: RouterClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
};
