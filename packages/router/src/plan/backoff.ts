/** A provider that wants a longer pause is given up for this try: its caller is waiting. Milliseconds. */
export const longestWaitMs = 30_000;

const firstMs = 500;
const longestBackoffMs = 10_000;

/**
 * Exponential backoff with full jitter: any time up to 0.5 s after the first failure, up to 1 s after the second, and so on to 10 s.
 * @param failures - of this model so far, 1 or more
 */
export function backoffMs(failures: number, random: () => number): number {
  return Math.ceil(random() * Math.min(longestBackoffMs, firstMs * 2 ** (failures - 1)));
}
