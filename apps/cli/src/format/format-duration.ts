function twoUnits(amount: number, size: number, big: string, small: string): string {
  const rest = amount % size;
  return rest === 0 ? `${amount / size} ${big}` : `${Math.floor(amount / size)} ${big} ${rest} ${small}`;
}

/** A duration for people, with two units at most. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  // 59.95 s and more would be rounded to 60.0.
  if (durationMs < 59_950) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 3_600) return twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(durationMs / 60_000);
  if (minutes < 1_440) return twoUnits(minutes, 60, 'h', 'min');
  return twoUnits(Math.round(durationMs / 3_600_000), 24, 'd', 'h');
}
