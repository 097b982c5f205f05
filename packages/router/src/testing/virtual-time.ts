import { vi } from 'vitest';
import type { RouterClock } from '../clock.ts';

/** Stops the wall clock; only sleeping through the returned clock moves it on. Undone by `vi.useRealTimers()`. */
export function stopTime(): RouterClock & { advance(ms: number): void; readonly slept: readonly number[] } {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-23T12:00:00Z') });
  const slept: number[] = [];
  const advance = (ms: number) => void vi.setSystemTime(Date.now() + ms);
  return {
    now: () => Date.now(),
    async sleep(ms, signal) {
      signal.throwIfAborted();
      slept.push(ms);
      advance(ms);
    },
    advance,
    slept,
  };
}
