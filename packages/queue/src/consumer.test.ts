import { expect, it } from 'vitest';
import { splitConcurrency } from './consumer.ts';

it('shares the slots evenly and makes no Worker without one', () => {
  expect(splitConcurrency(200, 4)).toEqual([50, 50, 50, 50]);
  expect(splitConcurrency(7, 4)).toEqual([2, 2, 2, 1]);
  expect(splitConcurrency(2, 4)).toEqual([1, 1]);
  expect(splitConcurrency(5, 1)).toEqual([5]);
});
