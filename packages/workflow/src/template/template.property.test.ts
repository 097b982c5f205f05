import fc from 'fast-check';
import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { TemplateError } from './errors.ts';
import { compileTemplate } from './template.ts';
import { renderTemplate } from './templates.ts';
import { hostilePaths, hostileScope, isCleanJson, underWatch } from './testing/hostile-scope.ts';

const limitMs = 100;

/** The invariant: a source that compiles renders to clean JSON or fails with the typed error, quickly. */
function expectSafe(source: string): void {
  const compiled = underWatch(limitMs, () => compileTemplate(source));
  if (compiled.result === undefined) throw compiled.thrown;
  const { result } = compiled;
  if (!result.ok) {
    expect(result.message).not.toBe('');
    return;
  }
  const rendered = underWatch(limitMs, () => renderTemplate(result.template, hostileScope));
  if (rendered.result === undefined) expect(rendered.thrown).toBeInstanceOf(TemplateError);
  else expect(isCleanJson(rendered.result)).toBe(true);
}

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...hostilePaths) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'this',
      '.',
      '../this',
      '../input.list',
      '../../input.big',
      '@index',
      '@key',
      '@first',
      '@root.input.list',
      'this.leak',
      '[__proto__].x',
    ),
  },
);
const text = fc.oneof(
  fc.constantFrom('', 'x', '\n', ' }} ', '{', '\\', '\\\\', '\u0000', '\ud800', '😀'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const literal = fc.oneof(fc.constantFrom('null', 'true', '5', '-1', '1000000', '"x"', '"}}"', "'('"), path);
const helper = fc.constantFrom(
  'default',
  'and',
  'or',
  'not',
  'eq',
  'ne',
  'lt',
  'gte',
  'json',
  'join',
  'length',
  'upper',
  'lower',
  'trim',
  'truncate',
  'lookup',
  'constructor',
);

const grammar = fc.letrec<{ expression: string; node: string; nodes: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    literal,
    fc
      .tuple(helper, fc.array(tie('expression'), { minLength: 1, maxLength: 3 }))
      .map(([name, parameters]) => `(${name} ${parameters.join(' ')})`),
  ),
  node: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    text,
    path.map((inner) => `{{${inner}}}`),
    fc
      .tuple(helper, fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, parameters]) => `{{${name} ${parameters.join(' ')}}}`),
    fc
      .tuple(fc.constantFrom('if', 'unless', 'each', 'with'), tie('expression'), tie('nodes'), tie('nodes'))
      .map(([block, subject, body, otherwise]) => `{{#${block} ${subject}}}${body}{{else}}${otherwise}{{/${block}}}`),
  ),
  nodes: fc.array(tie('node'), { maxLength: 4 }).map((nodes) => nodes.join('')),
}));

/** Pieces of syntax in any order: mostly invalid, to look for holes between scanner, parser and compiler. */
const soup = fc
  .array(
    fc.constantFrom(
      '{{',
      '}}',
      '{{{',
      '}}}',
      '{{#if ',
      '{{/if}}',
      '{{else}}',
      '{{#each ',
      '{{/each}}',
      '(',
      ')',
      '"',
      "'",
      '[',
      ']',
      '\\',
      '~',
      '!',
      '!--',
      '--',
      '>',
      '*',
      '&',
      '^',
      '|',
      ' as |x| ',
      ' ',
      '.',
      '/',
      '..',
      '@',
      '=',
      'a',
      'upper ',
      'input.list',
      'this',
      '0',
      '\n',
      '\u0000',
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

/** One construct over and over, up to the limit of the source. */
const repeated = fc
  .tuple(
    fc.oneof(
      grammar.node,
      soup,
      fc.constantFrom(
        '{{upper (',
        '(upper ',
        '{{#each input.list}}',
        '{{else if a}}',
        '{{f "}}" (',
        '\\{{"',
        "{{'",
        '{{[a ',
        '{{!--',
        '{{#with input}}{{',
      ),
    ),
    fc.integer({ min: 2, max: 4_000 }),
  )
  .map(([piece, times]) => piece.repeat(times).slice(0, 16_384));

describe('any template', () => {
  it.each([
    ['of the grammar', grammar.nodes, 200],
    ['of syntax in any order', soup, 500],
    ['of one piece repeated', repeated, 120],
  ])('%s is safe', (_, source, numRuns) => {
    fc.assert(fc.property(source, expectSafe), { seed: 7, numRuns });
  });

  it.each([
    '{{#each input.list}}{{#each ../input.list}}{{#each ../../input.list}}x{{/each}}{{/each}}{{/each}}',
    `{{#each input.list}}${'{{this}}'.repeat(400)}{{/each}}`,
    `{{#each input.big}}${'{{eq this @index}}'.repeat(100)}{{/each}}`,
    '{{json input}}',
    '{{json input.escapes 8}}',
    '{{eq input.same input.alike}}',
    '{{length input.map}}'.repeat(200),
    '{{length (upper input.growing)}}'.repeat(100),
    '{{length (json input.same)}}'.repeat(100),
    '{{join input.big input.growing}}',
    '{{lt input.text input.text}}'.repeat(100),
    '{{#each input.list}}{{truncate ../input.text 200000 ""}}{{/each}}',
    `{{a${'.a'.repeat(8_000)}}}`,
    `{{upper ${'(upper '.repeat(2_300)}a`,
    `{{f ${'(a "}}" '.repeat(1_800)}`,
    `${'{{#if a}}'.repeat(900)}${'{{/if}}'.repeat(900)}`,
    `{{#if a}}${'{{else if b}}'.repeat(1_200)}{{/if}}`,
    '\\{{"{{upper ((((((((((((((((((((((((((((((((((((((((((((',
  ])('%.60s is safe', (source) => {
    expectSafe(source);
  });
});

describe('a template', () => {
  it('without tags is its own text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((source) => !source.includes('{{')),
        (source) => {
          const result = compileTemplate(source);
          expect(result.ok && renderTemplate(result.template, hostileScope)).toBe(source);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('of one path gives the value at that path', () => {
    const key = fc.string({ minLength: 1, maxLength: 10 }).filter((name) => !/[[\]\\]/.test(name));
    fc.assert(
      fc.property(key, key, fc.jsonValue(), (root, field, value) => {
        const result = compileTemplate(`{{[${root}].[${field}]}}`);
        const scope = { get: (name: string) => (name === root ? Object.fromEntries([[field, value as never]]) : undefined) };
        expect(result.ok && renderTemplate(result.template, scope)).toEqual(value);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('says what Handlebars says, where both speak the same language', () => {
    const data = {
      word: 'w',
      // Numbers are texts and bodies start with text: Handlebars without escaping adds {{{1}}}{{{1}}} up to 2.
      number: '7',
      zero: 0,
      list: ['a', 'b'],
      objects: [
        { name: 'n', inner: ['i'] },
        { name: 'm', inner: [] },
      ],
      none: [],
    };
    const item = fc.constantFrom(
      '{{this}}',
      '{{@index}}',
      '{{#if @first}}f{{/if}}',
      '{{#unless @last}},{{/unless}}',
      '{{../word}}',
      'x',
    );
    const objectItem = fc.constantFrom(
      '{{name}}',
      '{{this.name}}',
      '{{#each inner}}{{../name}}{{this}}{{else}}-{{/each}}',
      '{{@root.word}}',
      '{{#with inner}}{{this.[0]}}{{/with}}',
    );
    const part = fc.oneof(
      fc.constantFrom(
        'text',
        ' \n',
        '{{word}}',
        '{{{number}}}',
        '{{~word~}}',
        '\\{{word}}',
        '{{! c }}',
        '{{list.[1]}}',
        '{{list.length}}',
        '{{objects.[0].name}}',
      ),
      fc
        .tuple(fc.constantFrom('word', 'zero', 'none', 'nothing', 'list'), item)
        .map(([name]) => `{{#if ${name}}}yes{{else if number}}\nno\n{{/if}}`),
      fc.array(item, { maxLength: 3 }).map((body) => `{{#each list}}-${body.join('')}{{/each}}`),
      fc.array(objectItem, { maxLength: 3 }).map((body) => `{{#each objects}}-${body.join('')}{{else}}none{{/each}}`),
      fc.array(item, { maxLength: 3 }).map((body) => `{{#each list as |v k|}}-{{k}}{{v}}${body.join('')}{{/each}}\n`),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), (parts) => {
        const source = `.${parts.join('')}.`;
        const result = compileTemplate(source);
        const scope = { get: (root: string) => (Object.hasOwn(data, root) ? data[root as keyof typeof data] : undefined) };
        expect(result.ok && renderTemplate(result.template, scope)).toBe(Handlebars.compile(source, { noEscape: true })(data));
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});
