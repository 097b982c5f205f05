import type { Clock } from '../ports.ts';

export interface ManualClock extends Clock {
  /** Moves time on, firing timers in order, and lets what they started settle. */
  advance(ms: number): Promise<void>;
  readonly timers: number;
}

/** Lets pending promise callbacks and socket events run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

export function createManualClock(startMs = 1_700_000_100_000): ManualClock {
  let nowMs = startMs;
  const timers = new Set<{ atMs: number; callback: () => void }>();
  return {
    nowMs: () => nowMs,
    setTimer(delayMs, callback) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const due = [...timers].filter((timer) => timer.atMs <= endMs).sort((left, right) => left.atMs - right.atMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        nowMs = Math.max(nowMs, due.atMs);
        due.callback();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
    get timers() {
      return timers.size;
    },
  };
}
