/**
 * Reads the vendor's wish from `retry-after-ms` (milliseconds), else `retry-after` (seconds, with or without decimals, or an HTTP date).
 * @returns milliseconds from now, at least 0; undefined when absent or unreadable
 */
export function readRetryAfterMs(headers: { get(name: string): string | null } | undefined, nowMs: number): number | undefined {
  const millis = headers?.get('retry-after-ms')?.trim();
  if (millis !== undefined && /^\d+(?:\.\d+)?$/.test(millis)) return Math.ceil(Number(millis));
  const value = headers?.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  if (/^[+-]?\d/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
