import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('parseTraceparent', () => {
  it.each<[string, string, number]>([
    ['a sampled one', `00-${traceId}-${spanId}-01`, 1],
    ['one that is not sampled', `00-${traceId}-${spanId}-00`, 0],
    ['a random trace id', `00-${traceId}-${spanId}-03`, 3],
    ['flags that nobody knows yet', `00-${traceId}-${spanId}-ff`, 3],
    ['a version to come', `cc-${traceId}-${spanId}-01`, 1],
    ['a version to come with more fields', `cc-${traceId}-${spanId}-01-what-the-future-brings`, 1],
    ['a version to come with an empty field', `fe-${traceId}-${spanId}-01-`, 1],
  ])('reads %s', (_, header, flags) => {
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, flags });
  });

  it.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty header', ''],
    ['version ff', `ff-${traceId}-${spanId}-01`],
    ['version 00 with more fields', `00-${traceId}-${spanId}-01-more`],
    ['version 00 with a dash at its end', `00-${traceId}-${spanId}-01-`],
    ['a version to come that goes on without a dash', `cc-${traceId}-${spanId}-01.more`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['an upper-case version', `CC-${traceId}-${spanId}-01`],
    ['an upper-case trace id', `00-${traceId.toUpperCase()}-${spanId}-01`],
    ['an upper-case span id', `00-${traceId}-${spanId.toUpperCase()}-01`],
    ['upper-case flags', `00-${traceId}-${spanId}-0A`],
    ['a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
    ['a long trace id', `00-${traceId}0-${spanId}-01`],
    ['a short span id', `00-${traceId}-${spanId.slice(1)}-01`],
    ['one digit of flags', `00-${traceId}-${spanId}-1`],
    ['no flags', `00-${traceId}-${spanId}`],
    ['one digit of version', `0-${traceId}-${spanId}-01`],
    ['a letter that is no digit', `00-${traceId.replace('4', 'g')}-${spanId}-01`],
    ['white space', ` 00-${traceId}-${spanId}-01`],
    ['the header twice', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
    ['a line break', `00-${traceId}-${spanId}-01\n`],
  ])('ignores %s', (_, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });
});

describe('formatTraceparent', () => {
  it('writes version 00 with the flags it knows', () => {
    expect(formatTraceparent({ traceId, spanId, flags: 0xff })).toBe(`00-${traceId}-${spanId}-03`);
    expect(formatTraceparent({ traceId, spanId, flags: 0 })).toBe(`00-${traceId}-${spanId}-00`);
  });

  it('is read back', () => {
    const context = { traceId, spanId, flags: 1 };
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
  });
});
