import { describe, expect, it } from 'vitest';
import { parsePrefer, preferenceApplied, waitLimitMs } from './prefer.ts';

describe('parsePrefer', () => {
  it.each<[string | undefined, object]>([
    [undefined, { respondAsync: false }],
    ['', { respondAsync: false }],
    ['respond-async', { respondAsync: true }],
    ['Respond-Async', { respondAsync: true }],
    ['respond-async; foo=bar', { respondAsync: true }],
    ['respond-async, wait=10', { respondAsync: true, wait: 10 }],
    ['wait = 10', { respondAsync: false, wait: 10 }],
    ['wait="10"', { respondAsync: false, wait: 10 }],
    ['wait=0', { respondAsync: false, wait: 0 }],
    ['foo="a, wait=3", wait=4', { respondAsync: false, wait: 4 }],
    ['wait=5, wait=6', { respondAsync: false, wait: 5 }],
    // Malformed: ignored.
    ['wait', { respondAsync: false }],
    ['wait=', { respondAsync: false }],
    ['wait=-1', { respondAsync: false }],
    ['wait=1.5', { respondAsync: false }],
    ['wait=ten', { respondAsync: false }],
    ['wait=99999999999999999999', { respondAsync: false }],
    ['respond-async=1', { respondAsync: false }],
    ['"respond-async"', { respondAsync: false }],
    [',,;=, respond-async', { respondAsync: true }],
    ['foo="unterminated, respond-async', { respondAsync: false }],
  ])('reads %j', (header, expected) => {
    expect(parsePrefer(header)).toEqual(expected);
  });
});

describe('waitLimitMs', () => {
  it('is the default without a preference', () => expect(waitLimitMs({ respondAsync: false }, 30_000)).toBe(30_000));
  it('is nothing for respond-async alone', () => expect(waitLimitMs({ respondAsync: true }, 30_000)).toBe(0));
  it('is the wait beside respond-async', () => expect(waitLimitMs({ respondAsync: true, wait: 2 }, 30_000)).toBe(2_000));
  it('is capped at 5 minutes', () => expect(waitLimitMs({ respondAsync: false, wait: 9_999 }, 30_000)).toBe(300_000));
});

describe('preferenceApplied', () => {
  it('names what was honoured', () => {
    expect(preferenceApplied({ respondAsync: false }, 202)).toBeUndefined();
    expect(preferenceApplied({ respondAsync: true }, 202)).toBe('respond-async');
    expect(preferenceApplied({ respondAsync: true }, 200)).toBeUndefined();
    expect(preferenceApplied({ respondAsync: true, wait: 999 }, 202)).toBe('respond-async, wait=300');
  });
});
