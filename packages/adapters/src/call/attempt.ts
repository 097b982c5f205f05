export type AttemptOutcome = 'running' | 'aborted' | 'timed-out';

/** One attempt's own signal: it fires when the caller aborts or the time is up, and remembers which came first. */
export interface Attempt {
  readonly signal: AbortSignal;
  outcome(): AttemptOutcome;
  /** Stops the timer and detaches from the caller's signal; `abandon` also closes what is still in flight. */
  close(how?: 'abandon'): void;
}

/** Node clamps longer timers to 1 ms. */
const longestTimerMs = 2_147_483_647;

export function startAttempt(options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Attempt {
  const controller = new AbortController();
  let outcome: AttemptOutcome = 'running';
  const stop = (why: AttemptOutcome) => {
    if (outcome === 'running') outcome = why;
    controller.abort();
  };
  const onAbort = () => stop('aborted');
  if (options.signal.aborted) onAbort();
  else options.signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop('timed-out'), Math.min(Math.max(1, options.timeoutMs), longestTimerMs));
  return {
    signal: controller.signal,
    outcome: () => outcome,
    close(how) {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      if (how === 'abandon') controller.abort();
    },
  };
}
