import { describe, expect, it } from 'vitest';
import { readRetryAfterMs } from './retry-after.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');

describe('readRetryAfterMs', () => {
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after-ms': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '9'.repeat(17) }, 31_536_000_000],
    [{ 'retry-after-ms': '9'.repeat(400) }, 31_536_000_000],
    [{ 'retry-after': 'Mon, 23 Nov 9999 12:00:00 GMT' }, 31_536_000_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j → %s', (headers, expected) => {
    expect(readRetryAfterMs(new Headers(headers), nowMs)).toBe(expected);
  });

  it('copes with errors without headers', () => {
    expect(readRetryAfterMs(undefined, nowMs)).toBeUndefined();
  });
});
