import type { ModelRow } from './model-row.ts';

/** Vendors announce retirements months ahead; two are enough to change a default and test it. */
const noticeMs = 60 * 24 * 3_600_000;

/**
 * Whether the vendor still serves a model: `retired` from the day of `retiresOn` (UTC), `retiring` in the 60 days before it.
 * @param now - a date or Unix milliseconds
 */
export function retirementOf(row: Pick<ModelRow, 'retiresOn'>, now: Date | number): 'retired' | 'retiring' | null {
  if (row.retiresOn === undefined) return null;
  const leftMs = Date.parse(row.retiresOn) - Number(now);
  if (leftMs <= 0) return 'retired';
  return leftMs <= noticeMs ? 'retiring' : null;
}
