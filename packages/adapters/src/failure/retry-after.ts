/** A year: a longer wish is a mistake, and past the range of dates it could not even be shown. */
const longestMs = 31_536_000_000;

/**
 * Reads the vendor's wish from `retry-after-ms` (milliseconds), else `retry-after` (seconds, with or without decimals, or an HTTP date).
 * @returns milliseconds from now, from 0 to a year; undefined when absent or unreadable
 */
export function readRetryAfterMs(headers: { get(name: string): string | null } | undefined, nowMs: number): number | undefined {
  const wishMs = readWishMs(headers, nowMs);
  return wishMs === undefined ? undefined : Math.min(Math.max(0, Math.ceil(wishMs)), longestMs);
}

function readWishMs(headers: { get(name: string): string | null } | undefined, nowMs: number): number | undefined {
  const millis = headers?.get('retry-after-ms')?.trim();
  if (millis !== undefined && /^\d+(?:\.\d+)?$/.test(millis)) return Number(millis);
  const value = headers?.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1000;
  if (/^[+-]?\d/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date - nowMs;
}
