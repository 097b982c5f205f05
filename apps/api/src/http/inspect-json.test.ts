import { expect, it } from 'vitest';
import { inspectJson } from './inspect-json.ts';

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = { a: value };
  return value;
}

it('takes ordinary values', () => {
  expect(inspectJson({ a: [1, 'two', null, true, { b: '😀' }] })).toEqual({ issues: [], isSafe: true });
});

it('takes 32 levels and no more', () => {
  expect(inspectJson(nested(32)).issues).toEqual([]);
  const { issues, isSafe } = inspectJson({ ok: 1, deep: nested(32) });
  expect(isSafe).toBe(false);
  expect(issues.map((issue) => issue.pointer)).toEqual([`/deep${'/a'.repeat(31)}`]);
});

it('survives a value nested 100,000 levels deep', () => {
  expect(inspectJson(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))).isSafe).toBe(false);
});

it('finds text that jsonb refuses, in values and in keys, all at once', () => {
  const found = inspectJson({ a: 'x\u0000', b: ['\ud800'], 'c\udfff': 1, d: '\ud83d\ude00', 'e/~': '\u0000' });
  expect(found.isSafe).toBe(true);
  expect(found.issues.map((issue) => [issue.pointer, issue.code])).toEqual([
    ['/a', 'invalid-text'],
    ['/b/0', 'invalid-text'],
    ['/c\udfff', 'invalid-text'],
    ['/e~1~0', 'invalid-text'],
  ]);
});

it('finds __proto__ and numbers beyond the range of doubles', () => {
  const found = inspectJson(JSON.parse('{"a": {"__proto__": {"x": 1}}, "b": 1e999, "constructor": {"prototype": 1}}'));
  expect(found.isSafe).toBe(false);
  expect(found.issues.map((issue) => [issue.pointer, issue.code])).toEqual([
    ['/a/__proto__', 'forbidden-field'],
    ['/b', 'invalid-number'],
  ]);
});
