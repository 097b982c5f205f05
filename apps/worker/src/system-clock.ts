import type { Clock } from '@orchestrator/workflow';

/** Longest delay that Node's timers take; a longer wait is cut into pieces. */
const maxTimerMs = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  setTimer(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = (remainingMs: number): void => {
      const pieceMs = Math.min(Math.max(0, remainingMs), maxTimerMs);
      timer = setTimeout(() => (remainingMs > pieceMs ? arm(remainingMs - pieceMs) : callback()), pieceMs);
    };
    arm(delayMs);
    return () => clearTimeout(timer);
  },
};
