import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEventId, isAfter, jobEventsQuerySchema, liveEventTypes, parseEventId } from './live-event.ts';

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

describe('the query of a stream', () => {
  it('takes types in one list or several', () => {
    const types = (value: unknown) => jobEventsQuerySchema.parse({ types: value }).types;
    expect(types('token')).toEqual(['token']);
    expect(types('token, restart')).toEqual(['token', 'restart']);
    expect(types(['token,restart', 'run-started'])).toEqual(['token', 'restart', 'run-started']);
    expect(types(liveEventTypes.join())).toEqual(liveEventTypes);
    expect(types(undefined)).toBeUndefined();
  });

  it.each([{ types: '' }, { types: 'tokens' }, { types: [] }, { lastEventId: 'x'.repeat(101) }, { after: '1-1' }])(
    '%j is refused',
    (query) => {
      expect(jobEventsQuerySchema.safeParse(query).success).toBe(false);
    },
  );
});
