import { describe, expect, it } from 'vitest';
import { parseRetryAfter, pauseAfter, standardSchedule } from './retry-schedule.ts';

const pauses = (random: number, retryAfterMs?: number) =>
  Array.from({ length: 11 }, (_, index) => pauseAfter(index + 1, standardSchedule, random, retryAfterMs));
const hourMs = 3_600_000;

describe('pauseAfter', () => {
  it('follows Standard Webhooks to its end', () => {
    const seconds = pauses(0).map((pauseMs) => pauseMs && pauseMs / 1_000);
    expect(seconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined, undefined]);
  });

  it('is up to a tenth longer by chance', () => {
    expect(pauses(0.5).slice(0, 2)).toEqual([5_250, 315_000]);
    expect(pauses(0.999_999)[0]).toBeLessThanOrEqual(5_500);
  });

  it('waits as long as it is asked to, a day at most, and never less than the schedule says', () => {
    expect(pauses(0, 60_000).slice(0, 3)).toEqual([60_000, 300_000, 1_800_000]);
    expect(pauses(0, 1_000 * hourMs)[0]).toBe(24 * hourMs);
    expect(pauses(0, 60_000)[9]).toBeUndefined();
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.UTC(2026, 11, 1, 12);
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Tue, 01 Dec 2026 12:01:00 GMT', 60_000],
    ['Tue, 01 Dec 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, nowMs)).toBe(expected);
  });
});
