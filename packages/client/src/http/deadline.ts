import { OrchestratorError } from '../orchestrator-error.ts';

/** The end of a call: its own time limit, or the caller's signal. */
export interface Deadline {
  /** Aborted with what the call is to reject with. */
  readonly signal: AbortSignal;
  /** `Infinity` without a limit. */
  remainingMs(): number;
  /** Rejects as soon as the call is to end. */
  pause(durationMs: number): Promise<void>;
  /** Must be called when the call is over: a timer keeps a process alive. */
  dispose(): void;
}

/** Longer timers than this run at once. */
const maxTimerMs = 2_147_483_647;

/** @param timeoutMs - `undefined`: no limit */
export function createDeadline(timeoutMs: number | undefined, signal: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const endsAtMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
  const onTimeout = () => {
    const message = `The call was not finished within ${timeoutMs} ms.`;
    controller.abort(new OrchestratorError(message, { code: 'timeout', retryable: true }));
  };
  const timer = timeoutMs === undefined || timeoutMs > maxTimerMs ? undefined : setTimeout(onTimeout, Math.max(0, timeoutMs));
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });

  return {
    signal: controller.signal,
    remainingMs: () => Math.max(0, endsAtMs - performance.now()),
    pause: (durationMs) => pause(durationMs, controller.signal),
    dispose() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, durationMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
