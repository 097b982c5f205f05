import type { Clock } from '../ports.ts';

export interface ManualClock extends Clock {
  /** Moves time on step by step, firing timers in order, and lets what they started settle. */
  advance(ms: number): Promise<void>;
}

/** Lets pending promise callbacks run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

export function createManualClock(startMs = Date.UTC(2026, 11, 1)): ManualClock {
  let nowMs = startMs;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        nowMs = due.atMs;
        due.callback();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
  };
}
