export type AttemptOutcome = 'running' | 'aborted' | 'timed-out' | 'no-first-token' | 'idle';

export interface AttemptLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly firstTokenTimeoutMs?: number | undefined;
  readonly idleTimeoutMs?: number | undefined;
}

/** One attempt's own signal: it fires when the caller aborts or a time is up, and remembers which came first. */
export interface Attempt {
  readonly signal: AbortSignal;
  outcome(): AttemptOutcome;
  /** The vendor sent something: its silence starts anew. */
  sawEvent(): void;
  /** The vendor sent something that is no part of the answer: a silence that is being measured starts anew. */
  sawActivity(): void;
  /** The vendor sent a piece of the answer: there is no first token to wait for any more. */
  sawContent(): void;
  /** Settles as `work` does, or rejects as soon as the attempt is stopped, whatever becomes of `work`. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Stops the timers and detaches from the caller's signal; `abandon` also closes what is still in flight. */
  close(how?: 'abandon'): void;
}

/** Rejects what waits for a stopped attempt; why it was stopped is the attempt's to tell. */
export class AttemptStopped extends Error {
  override readonly name = 'AttemptStopped';
}

/** Node clamps longer timers to 1 ms. */
const longestTimerMs = 2_147_483_647;

export function startAttempt(limits: AttemptLimits): Attempt {
  const controller = new AbortController();
  const { signal } = controller;
  let outcome: AttemptOutcome = 'running';
  const stop = (why: AttemptOutcome) => {
    if (outcome === 'running') outcome = why;
    controller.abort();
  };
  const after = (delayMs: number, why: AttemptOutcome) =>
    setTimeout(() => stop(why), Math.min(Math.max(1, delayMs), longestTimerMs));

  const onAbort = () => stop('aborted');
  if (limits.signal.aborted) onAbort();
  else limits.signal.addEventListener('abort', onAbort, { once: true });
  const whole = after(limits.timeoutMs, 'timed-out');
  const first = limits.firstTokenTimeoutMs === undefined ? undefined : after(limits.firstTokenTimeoutMs, 'no-first-token');
  let idle: NodeJS.Timeout | undefined;

  return {
    signal,
    outcome: () => outcome,
    sawEvent() {
      if (limits.idleTimeoutMs === undefined || signal.aborted) return;
      if (idle === undefined) idle = after(limits.idleTimeoutMs, 'idle');
      else idle.refresh();
    },
    sawActivity() {
      if (!signal.aborted) idle?.refresh();
    },
    sawContent: () => clearTimeout(first),
    race(work) {
      return new Promise((resolve, reject) => {
        const onStop = () => reject(new AttemptStopped('The attempt was stopped.'));
        const settled = () => signal.removeEventListener('abort', onStop);
        if (signal.aborted) onStop();
        else signal.addEventListener('abort', onStop, { once: true });
        // Also handles the rejection of work that lost the race: nobody else listens to it any more.
        work.then(
          (value) => {
            settled();
            resolve(value);
          },
          (error: unknown) => {
            settled();
            reject(error);
          },
        );
      });
    },
    close(how) {
      for (const timer of [whole, first, idle]) clearTimeout(timer);
      limits.signal.removeEventListener('abort', onAbort);
      if (how === 'abandon') controller.abort();
    },
  };
}
