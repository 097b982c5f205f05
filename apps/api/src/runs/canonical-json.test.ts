import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, canonicalSha256 } from './canonical-json.ts';

it('sorts keys at every level, integer-like ones too, and keeps the order of lists', () => {
  expect(canonicalJson({ b: [2, { d: null, c: 'x' }, 1], a: true, '10': 1, '9': 2 })).toBe(
    '{"10":1,"9":2,"a":true,"b":[2,{"c":"x","d":null},1]}',
  );
});

it('writes what parses to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // Through text, as -0 is written 0.
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it('tells different values apart', () => {
  const values = [{ a: 1 }, { a: '1' }, { a: [1] }, { a: null }, {}, [], '', null, { a: { b: 1 } }];
  expect(new Set(values.map(canonicalSha256)).size).toBe(values.length);
});

it('is a plain SHA-256', () => {
  expect(canonicalSha256({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});
