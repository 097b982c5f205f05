import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoUsdFromReported } from './reported-cost.ts';

describe('nanoUsdFromReported', () => {
  it.each([
    [0, 0],
    [-0, 0],
    ['0', 0],
    [0.000014, 14_000],
    ['0.000014', 14_000],
    ['1.4e-5', 14_000],
    [1e-9, 1],
    [1.0000001e-9, 2],
    ['.5', 500_000_000],
    ['3.', 3_000_000_000],
    [1e-12, 1],
    [5e-324, 1],
    [0.1 + 0.2, 300_000_000],
    [0.1 * 3, 300_000_000],
    ['0.30000000000000004', 300_000_000],
    [1.1 + 2.2, 3_300_000_000],
    [0.000_000_07 + 0.000_000_01, 80],
  ])('%s dollars → %s nano-dollars', (usd, nanoUsd) => {
    expect(nanoUsdFromReported(usd)).toBe(nanoUsd);
  });

  it.each([
    [-1e-9],
    ['-0.1'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['Infinity'],
    ['1e999'],
    ['NaN'],
    [''],
    [' 1'],
    ['1,5'],
    ['0x10'],
    ['$1'],
    [null],
    [undefined],
    [true],
    [[1]],
    [{}],
    [1e300],
  ])('%j is no amount', (usd) => {
    expect(nanoUsdFromReported(usd)).toBeUndefined();
  });

  it('rounds every decimal of up to 15 digits up to the next nano-dollar, as a number and as a text', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n - 1n), fc.integer({ min: 9, max: 30 }), (digits, places) => {
        const text = digits.toString().padStart(places + 1, '0');
        const usd = `${text.slice(0, -places)}.${text.slice(-places)}`;
        const unit = 10n ** BigInt(places - 9);
        const expected = Number(digits / unit) + (digits % unit === 0n ? 0 : 1);
        expect([nanoUsdFromReported(usd), nanoUsdFromReported(Number(usd))]).toEqual([expected, expected]);
      }),
    );
  });

  it('adds nothing for the dust of a sum', () => {
    const nanoUsd = fc.integer({ min: 0, max: 1_000_000_000_000 });
    fc.assert(
      fc.property(nanoUsd, nanoUsd, (a, b) => {
        expect(nanoUsdFromReported(a / 1e9 + b / 1e9)).toBe(a + b);
      }),
    );
  });

  it('is never below the bill by more than dust, and at most a nano-dollar above it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), (usd) => {
        const nanoUsd = nanoUsdFromReported(usd) ?? Number.NaN;
        expect(nanoUsd).toBeGreaterThanOrEqual(usd * 1e9 * (1 - 1e-14));
        expect(nanoUsd).toBeLessThanOrEqual(usd * 1e9 * (1 + 1e-14) + 1);
      }),
    );
  });
});
