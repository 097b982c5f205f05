import { expect, it } from 'vitest';
import { parseDuration } from './parse-duration.ts';

it.each([
  ['30', 30_000],
  ['0.5', 500],
  ['500ms', 500],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['', null],
  ['5 m', null],
  ['-5', null],
  ['1d', null],
  ['1e3', null],
])('parseDuration(%j) is %j', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});
