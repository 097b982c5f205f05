import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { compileCondition } from './compile.ts';
import { ConditionError } from './errors.ts';
import { evaluateCondition } from './evaluate.ts';

const data: JsonObject = {
  input: {
    topic: 'AI',
    depth: 2,
    ratio: 0.5,
    flag: true,
    none: null,
    list: [1, 2, 3],
    names: ['ann', 'bob'],
    people: [{ name: 'ann', age: 30 }, { name: 'bob' }],
    map: { a: 1 },
  },
  research: { output: 'APPROVED: text', status: 'completed', costUSD: 0.001 },
  steps: { 'my-id': { output: 7 } },
};
const scope = { get: (root: string): JsonValue | undefined => (Object.hasOwn(data, root) ? data[root] : undefined) };

function evaluate(source: string): boolean {
  const result = compileCondition(source);
  if (!result.ok) throw new Error(`${source}: ${result.message}`);
  return evaluateCondition(result.condition, scope);
}

function fault(source: string): string {
  const result = compileCondition(source);
  return result.ok ? 'ok' : result.message;
}

describe('a condition', () => {
  it.each([
    'input.depth > 1',
    'input.depth + 1 == 3',
    'input.depth >= 2.0 && input.ratio < 1',
    '1 + 1.5 == 2.5',
    '7 / 2 == 3.5 && 7 % 4 == 3 && -input.depth == 0 - 2',
    '1u == 1 && 0xFF == 255',
    'input.topic == "AI" && input.topic != \'ai\'',
    'input.topic + "!" == "AI!"',
    '"a" < "b" && "b" >= "a"',
    'input.flag ? true : false',
    '!(input.flag && false)',
    'input.none == null',
    'input.none != 1 && "1" != 1',
    'input.list == [1, 2, 3] && input.list + [4] == [1, 2, 3, 4]',
    'input.map == {"a": 1} && input["map"]["a"] == 1',
    'input.list[0] == 1 && input.list[input.depth] == 3',
    '2 in input.list && "a" in input.map && !("b" in input.map)',
    'size(input.list) == 3 && input.list.size() == 3 && size("a😀") == 2 && size(input.map) == 1',
    'research.output.contains("APPROVED") && research.output.startsWith("APP") && research.output.endsWith("text")',
    'research.output.lowerAscii().contains("approved")',
    '" x ".trim().upperAscii() == "X"',
    'int("42") == 42 && int(2.9) == 2 && double("1.5") == 1.5 && string(2) == "2" && bool("true")',
    'has(input.topic) && !has(input.missing) && !has(input.missing.deep) && !has(nobody.output) && has(input.none)',
    'input.list.all(n, n > 0) && input.list.exists(n, n == 3) && input.list.exists_one(n, n > 2)',
    'input.list.filter(n, n > 1) == [2, 3] && input.list.map(n, n * 2) == [2, 4, 6] && input.list.map(n, n > 1, n * 2) == [4, 6]',
    'input.people.filter(p, has(p.age)).map(p, p.name) == ["ann"]',
    'input.people.exists(p, p.age > 20)',
    'input.map.exists(key, key == "a")',
    'steps["my-id"].output == 7',
    'input.missing == 1 || true',
    '!(input.missing == 1 && false)',
    '// a comment\ninput.flag',
    '{{input.flag}}',
    '  {{ input.flag }}  ',
  ])('%s', (source) => {
    expect(evaluate(source)).toBe(true);
  });

  it.each([
    ['input.missing > 1', 'there is no value at input.missing'],
    ['{{input.missing}}', 'there is no value at "input.missing"'],
    ['{{input.depth}}', 'gives a number'],
    ['input.depth', 'gives a number, not true or false'],
    ['input.none', 'gives null'],
    ['input.depth > "1"', 'two numbers or two strings'],
    ['input.topic + 1 == "AI1"', '+ needs'],
    ['input.depth && true', '&& needs true or false'],
    ['input.list[3] == 1', 'there is no value at input.list[3]'],
    ['input.list[-1] == 1', 'there is no value'],
    ['input.list[0.5] == 1', 'there is no value'],
    ['input.list.length == 3', 'there is no value'],
    ['input.__proto__ == null', 'there is no value'],
    ['input.constructor == null', 'there is no value'],
    ['constructor == null', 'there is no value'],
    ['1 / 0 > 1', 'division by zero'],
    ['1e308 * 10 > 1', 'too large'],
    ['"A" in input.topic', 'contains()'],
    ['int("x") == 1', 'int()'],
    ['bool("yes")', 'bool()'],
    ['input.topic.exists(x, true)', 'lists and maps'],
    ['input.depth.contains("x")', 'needs strings'],
    ['input.list.all(n, n == 1 || n.x > 1)', 'there is no value at n.x'],
    ['input.missing == 1 || input.flag == false', 'there is no value'],
  ])('%s has no value', (source, message) => {
    expect(() => evaluate(source)).toThrow(ConditionError);
    expect(() => evaluate(source)).toThrow(message);
  });

  it.each([
    ['', 'is empty'],
    ['input.a >', 'not a valid CEL expression'],
    ['{{input.depth}} > 1', 'without {{ }}'],
    ['{{#if a}}true{{/if}}', 'without {{ }}'],
    ['1 + 1', 'gives a number'],
    ['"true"', 'gives a string'],
    ['"a" + 1 == "a1"', "can't be used on string and number"],
    ['1 > "a"', "can't be used on number and string"],
    ['!1', '! needs a bool'],
    ['1 && true', '&& needs a bool'],
    ['input.a.matches("^a+$")', 'matches() is not available'],
    ['input.a.exists(x, input.b.exists(y, x == y))', 'inside another macro'],
    ['input.a.map(x, input.b.filter(y, y == x)).size() == 1', 'inside another macro'],
    ['cel.bind(x, 1, x == 1)', 'there is no method bind()'],
    ['type(input) == map', 'there is no function type()'],
    ['timestamp("2020-01-01T00:00:00Z") < now', 'there is no function timestamp()'],
    ['contains("a", "b")', 'there is no function contains()'],
    ['"a".contains(1)', 'contains() needs a string'],
    ['"a".contains()', 'contains() takes 1 parameter'],
    ['has(input)', 'takes a path'],
    ['has(input.a, input.b)', 'takes one path'],
    ['input.a.exists(1, true)', 'invalid predicate iteration variable'],
    ['input.?a == 1', 'not a valid CEL expression'],
    ['b"bytes" == b"bytes"', 'bytes'],
    ['99999999999999999999 > 1', 'too large'],
    ['{1: 2} == {}', 'a key of a map needs a string'],
    ['1.x == 1', 'a number has no fields'],
    ['import.output == 1', 'Reserved identifier'],
    [Array.from({ length: 51 }, () => 'a == b').join('||'), 'maxAstNodes'],
    [`${'('.repeat(25)}true${')'.repeat(25)}`, 'maxDepth'],
    [`"${'x'.repeat(4_096)}" == ""`, 'longer than 4096'],
  ])('%.60s is refused', (source, message) => {
    expect(fault(source)).toContain(message);
  });

  it('names the place', () => {
    expect(compileCondition('input.flag && foo(1)')).toMatchObject({ ok: false, offset: 14 });
    expect(compileCondition('input.flag &&')).toMatchObject({ ok: false, offset: 13 });
  });

  it('knows the paths it reads', () => {
    const result = compileCondition('a.b.c > 1 && steps["my-id"].output == d[e.f] && g.exists(x, x.y == h.i) && has(j.k)');
    if (!result.ok) throw new Error(result.message);
    const paths = result.condition.references.map(({ parts }) => parts.join('.'));
    expect(paths).toEqual(['a.b.c', 'steps.my-id.output', 'e.f', 'd', 'g', 'h.i', 'j.k']);
  });
});
