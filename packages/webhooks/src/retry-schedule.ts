const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The schedule of Standard Webhooks 1.0: pauses after the first attempt that failed, the second, … Ten attempts in three days. */
export const standardSchedule: readonly number[] = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];

/** Longer pauses that a receiver asks for are cut to this. */
const maxRetryAfterMs = 24 * hourMs;
/** Receivers that failed together are not asked again together: pauses are up to a tenth longer. */
const jitter = 0.1;

/** `Retry-After`, in seconds or as a date, as milliseconds from now; undefined for anything else. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * secondMs;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/**
 * The pause before the next attempt, or undefined when there is none.
 * @param attempt - the one that failed, from 1
 * @param random - in [0, 1)
 */
export function pauseAfter(
  attempt: number,
  schedule: readonly number[],
  random: number,
  retryAfterMs: number | undefined,
): number | undefined {
  const pauseMs = schedule[attempt - 1];
  if (pauseMs === undefined) return undefined;
  const askedMs = Math.min(retryAfterMs ?? 0, maxRetryAfterMs);
  return Math.round(Math.max(pauseMs, askedMs) * (1 + jitter * random));
}
