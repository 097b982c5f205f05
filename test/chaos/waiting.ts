import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  /** What is waited for, as it stands in the error. */
  readonly what: string;
  /** Milliseconds. @defaultValue 30_000 */
  readonly timeoutMs?: number;
  /** Milliseconds. @defaultValue 50 */
  readonly intervalMs?: number;
}

/**
 * Asks until the answer is not undefined. A probe that throws counts as "not yet": the database may be down on purpose.
 * @throws Error when the time is over, with the last failure as its cause
 */
export async function pollUntil<T>(probe: () => Promise<T | undefined> | T | undefined, options: PollOptions): Promise<T> {
  const { what, timeoutMs = 30_000, intervalMs = 50 } = options;
  const deadlineMs = Date.now() + timeoutMs;
  let lastFailure: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      lastFailure = undefined;
    } catch (failure) {
      lastFailure = failure;
    }
    if (Date.now() >= deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: lastFailure });
    await delay(intervalMs);
  }
}

/** The duration of a fault, or the moment at which it strikes: part of the experiment, never a wait for something. */
export function lastFor(durationMs: number): Promise<void> {
  return delay(Math.max(0, durationMs));
}
