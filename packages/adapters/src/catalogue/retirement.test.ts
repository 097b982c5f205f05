import { describe, expect, it } from 'vitest';
import { retirementOf } from './retirement.ts';

describe('retirementOf', () => {
  it.each([
    [undefined, null],
    ['2027-03-01', null],
    ['2027-01-22', 'retiring'],
    ['2026-11-24', 'retiring'],
    ['2026-11-23', 'retired'],
    ['2020-01-01', 'retired'],
  ])('%s is %s on 23 November 2026', (retiresOn, state) => {
    const row = retiresOn === undefined ? {} : { retiresOn };
    expect(retirementOf(row, new Date('2026-11-23T12:00:00Z'))).toBe(state);
    expect(retirementOf(row, Date.parse('2026-11-23T12:00:00Z'))).toBe(state);
  });
});
