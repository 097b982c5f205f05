import { OrchestratorError } from '../orchestrator-error.ts';

const maxDelayMs = 30_000;

/**
 * Whether a failed exchange is tried again. A failed run is not: the request would be answered with the same run, and a new
 * one is the caller's decision, since it costs money.
 */
export function isWorthRetrying(error: unknown): error is OrchestratorError {
  return error instanceof OrchestratorError && error.retryable && error.code !== 'run-failed';
}

/**
 * The pause before the next try, in milliseconds: exponential with equal jitter, never shorter than the server's
 * `Retry-After`, and then spread too, so that those who were told the same moment don't all come at it.
 * @param failures - how many tries have failed, from 1
 */
export function retryPauseMs(failures: number, baseMs: number, retryAfterMs: number | undefined): number {
  const backoffMs = Math.min(maxDelayMs, baseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  return retryAfterMs === undefined ? backoffMs : retryAfterMs + Math.min(backoffMs, retryAfterMs / 4);
}

/** The request came before, and somebody waits for its answer; perhaps this call itself, on a connection that was lost. */
export function isInUse(error: unknown): error is OrchestratorError & { readonly jobId: string } {
  return error instanceof OrchestratorError && error.code === 'idempotency-key-in-use' && error.jobId !== undefined;
}
