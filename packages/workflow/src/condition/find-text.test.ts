import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WorkBudget } from '../template/work-budget.ts';
import { findText } from './find-text.ts';

const budget = () => new WorkBudget(1_000_000, () => new Error('spent'));

it('finds what indexOf finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 200 });
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 20 }), text, (before, needle, after) => {
      expect(findText(before + after, needle, budget())).toBe((before + after).indexOf(needle));
      expect(findText(before + needle + after, needle, budget())).toBe((before + needle + after).indexOf(needle));
    }),
    { seed: 1, numRuns: 500 },
  );
});

it('costs the sum of both lengths, not their product', () => {
  const needle = `${'a'.repeat(10_000)}b${'a'.repeat(10_000)}`;
  const before = process.threadCpuUsage();
  expect(findText('a'.repeat(400_000), needle, budget())).toBe(-1);
  expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(100);
});
