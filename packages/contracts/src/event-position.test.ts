import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEventId, isAfter, parseEventId } from './event-position.ts';

const number = fc.nat(999_999_999);
const position = fc.record({ epoch: number, seq: number });

describe('an event id', () => {
  it('names a position and nothing else', () => {
    fc.assert(
      fc.property(position, (each) => {
        expect(parseEventId(formatEventId(each))).toEqual(each);
      }),
    );
    for (const text of ['', '1', '1-', '-1', 'a-1', '1-1 ', '1-1\n', '1--1', '1-1-1', '+1-1', '0x1-1', '1e1-1', '1234567890-1'])
      expect(parseEventId(text), text).toBeNull();
  });
});

describe('positions', () => {
  it('are in one order: by lease, then by number', () => {
    const near = fc.record({ epoch: fc.nat(3), seq: fc.nat(3) });
    fc.assert(
      fc.property(near, near, near, (a, b, c) => {
        expect(isAfter(a, a)).toBe(false);
        expect([isAfter(a, b), isAfter(b, a), formatEventId(a) === formatEventId(b)].filter(Boolean)).toHaveLength(1);
        if (isAfter(a, b) && isAfter(b, c)) expect(isAfter(a, c)).toBe(true);
      }),
    );
    expect(isAfter({ epoch: 2, seq: 1 }, { epoch: 1, seq: 9 })).toBe(true);
  });
});
