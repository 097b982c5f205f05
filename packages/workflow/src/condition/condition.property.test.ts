import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostilePaths, hostileScope, underWatch } from '../template/testing/hostile-scope.ts';
import { compileCondition } from './compile.ts';
import { ConditionError } from './errors.ts';
import { evaluateCondition } from './evaluate.ts';

const limitMs = 100;

/** The invariant: a source that compiles gives a boolean or fails with the typed error, quickly. */
function expectSafe(source: string): void {
  const compiled = underWatch(limitMs, () => compileCondition(source));
  if (compiled.result === undefined) throw compiled.thrown;
  const { result } = compiled;
  if (!result.ok) {
    expect(result.message).not.toBe('');
    return;
  }
  const evaluated = underWatch(limitMs, () => evaluateCondition(result.condition, hostileScope));
  if (evaluated.result === undefined) expect(evaluated.thrown).toBeInstanceOf(ConditionError);
  else expect(typeof evaluated.result).toBe('boolean');
}

const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...hostilePaths) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'x',
      '1',
      '2.5',
      '"a"',
      '"LEAKED"',
      'true',
      'null',
      '[]',
      '{}',
      '["x", 1]',
      '{"a": 1}',
      "'é'",
      '0xFF',
      '1e308',
    ),
  },
);
const operators = ['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in', '&&', '||'];
const methods = ['size', 'contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim', 'matches', 'constructor'];

const grammar = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    leaf,
    fc
      .tuple(tie('expression'), fc.constantFrom(...operators), tie('expression'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([test, left, right]) => `(${test} ? ${left} : ${right})`),
    fc
      .tuple(tie('expression'), fc.constantFrom(...methods), fc.array(tie('expression'), { maxLength: 1 }))
      .map(([on, name, parameters]) => `${on}.${name}(${parameters.join(', ')})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('all', 'exists', 'exists_one', 'filter', 'map'), tie('expression'))
      .map(([list, name, body]) => `${list}.${name}(x, ${body})`),
    fc.tuple(tie('expression'), tie('expression')).map(([object, key]) => `${object}[${key}]`),
    fc
      .tuple(fc.constantFrom('has', 'int', 'double', 'string', 'bool', 'size', 'type'), tie('expression'))
      .map(([name, parameter]) => `${name}(${parameter})`),
    fc.tuple(fc.constantFrom('!', '-'), tie('expression')).map(([operator, operand]) => `${operator}${operand}`),
    fc.array(tie('expression'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  ),
}));

const soup = fc
  .array(
    fc.constantFrom(
      'input',
      '.',
      'big',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '{{',
      '}}',
      '"',
      "'",
      '"""',
      'r"',
      'b"',
      '\\',
      '\\u',
      '\\x4',
      '+',
      '-',
      '!',
      '&&',
      '||',
      '?',
      ':',
      ',',
      ' in ',
      '==',
      '<',
      '0x',
      '1',
      '1e',
      'u',
      'true',
      'has(',
      '.exists(x, ',
      '//',
      '\n',
      '`',
      '@',
      '\u0000',
      '😀',
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

const repeated = fc
  .tuple(
    fc.oneof(
      grammar.expression,
      soup,
      fc.constantFrom('!', '-', '(', '[', '{"a":', 'a.', 'a[', 'a?', 'a||', '"a"+', 'input.big+'),
    ),
    fc.integer({ min: 2, max: 2_000 }),
  )
  .map(([piece, times]) => piece.repeat(times).slice(0, 4_096));

describe('any condition', () => {
  it.each([
    ['of the grammar', grammar.expression, 800],
    ['of syntax in any order', soup, 800],
    ['of one piece repeated', repeated, 200],
  ])('%s is safe', (_, source, numRuns) => {
    fc.assert(fc.property(source, expectSafe), { seed: 7, numRuns });
  });

  it.each([
    Array.from({ length: 30 }, () => '"z" in input.big').join(' || '),
    `size(${Array.from({ length: 40 }, () => 'input.big').join(' + ')}) > 1`,
    `size(${Array.from({ length: 40 }, () => 'input.text').join(' + ')}) > 1`,
    'input.big.all(x, x in input.big)',
    'input.big.all(x, x >= 0)',
    'input.big.map(x, [x, x, x]).size() > 1',
    'input.same.exists(x, x.missing == 1)',
    'input.same.exists(x, x.a == input.same)',
    'input.same == input.alike',
    'input.list.exists(x, input.same == input.alike)',
    'input.text.contains(input.needle)',
    'input.list.exists(x, input.text.contains("baaaaaaa"))',
    'input.list.exists(x, input.mixed.lowerAscii() == "")',
    'input.list.exists(x, input.mixed + string(x) == input.mixed)',
    'input.list.all(x, size(input.map) > x)',
    'input.list.all(x, size(input.emoji) > x)',
    'input.map.exists(key, key == "z")',
  ])('%.60s is safe', (source) => {
    expectSafe(source);
  });
});

/** An independent opinion: the evaluator of the library, on expressions where every number is written as a double. */
describe('a condition', () => {
  const data = { n: 2, zero: 0, s: 'text', flag: true, items: [1, 2, 3], words: ['a', 'text'], fields: { a: 1 }, none: null };
  const scope = { get: (root: string) => (Object.hasOwn(data, root) ? data[root as keyof typeof data] : undefined) };
  const oracle = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
    .registerVariable('n', 'double')
    .registerVariable('zero', 'double')
    .registerVariable('s', 'string')
    .registerVariable('flag', 'bool')
    .registerVariable('items', 'list<double>')
    .registerVariable('words', 'list<string>')
    .registerVariable('fields', 'map<string, double>');

  function outcome(run: () => unknown): unknown {
    try {
      return run();
    } catch {
      return 'error';
    }
  }

  const typed = fc.letrec<{ bool: string; number: string; string: string; list: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('n', 'zero', '1.0', '2.5', 'items[0]', 'missing'),
      fc
        .tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    ),
    string: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('s', '"a"', '"te"', '""', 'words[1]'),
      fc.tuple(tie('string'), tie('string')).map(([left, right]) => `(${left} + ${right})`),
    ),
    list: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('items', '[0.5]', '[1.0, 2.0]'),
      fc.tuple(tie('list'), tie('number')).map(([list, number]) => `${list}.filter(x, x > ${number})`),
      fc.tuple(tie('list'), tie('number')).map(([list, number]) => `${list}.map(x, x * ${number})`),
    ),
    bool: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('flag', 'true', 'false', 'none == null', 'has(fields.a)', 'has(fields.b)', '"a" in fields', 'missing'),
      fc
        .tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('number'))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      fc
        .tuple(tie('string'), fc.constantFrom('==', '!=', '<', '>='), tie('string'))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      fc
        .tuple(tie('string'), fc.constantFrom('contains', 'startsWith', 'endsWith'), tie('string'))
        .map(([left, name, right]) => `${left}.${name}(${right})`),
      fc.tuple(tie('number'), tie('list')).map(([number, list]) => `${number} in ${list}`),
      fc.tuple(tie('list'), tie('list')).map(([left, right]) => `${left} == ${right}`),
      fc
        .tuple(tie('list'), fc.constantFrom('all', 'exists', 'exists_one'), tie('number'))
        .map(([list, name, number]) => `${list}.${name}(x, x >= ${number})`),
      fc
        .tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie('bool'), tie('bool'), tie('bool')).map(([test, left, right]) => `(${test} ? ${left} : ${right})`),
      tie('bool').map((operand) => `!(${operand})`),
    ),
  }));

  it('has the value that CEL gives it', () => {
    fc.assert(
      fc.property(typed.bool, (source) => {
        const result = compileCondition(source);
        fc.pre(result.ok);
        if (!result.ok) return;
        const ours = outcome(() => evaluateCondition(result.condition, scope));
        expect([source, ours]).toEqual([source, outcome(() => oracle.evaluate(source, data))]);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });
});
