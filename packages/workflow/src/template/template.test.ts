import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { TemplateError } from './errors.ts';
import { compileTemplate } from './template.ts';
import { compileTemplates, renderTemplate, renderTemplates, templatePaths, templatesIn } from './templates.ts';

const data: JsonObject = {
  input: {
    topic: 'AI & <you>',
    depth: 2,
    none: null,
    flag: true,
    off: false,
    empty: [],
    list: ['a', 'b', 'c'],
    people: [{ name: 'Ann', topics: ['x', 'y'] }, { name: 'Bob' }],
    map: { one: 1, two: null },
    'odd key': 'odd',
  },
  research: { output: 'text', status: 'completed' },
  'my-id': { output: { points: [10, 20] } },
};
const scope = { get: (root: string): JsonValue | undefined => (Object.hasOwn(data, root) ? data[root] : undefined) };

function render(source: string): JsonValue {
  const result = compileTemplate(source);
  if (!result.ok) throw new Error(`${source}: ${result.message}`);
  return renderTemplate(result.template, scope);
}

function fault(source: string): string {
  const result = compileTemplate(source);
  return result.ok ? 'ok' : result.message;
}

describe('a template that is one tag', () => {
  it.each<[string, JsonValue]>([
    ['{{input.depth}}', 2],
    ['{{input.flag}}', true],
    ['{{input.none}}', null],
    ['{{input.list}}', ['a', 'b', 'c']],
    ['{{{input.depth}}}', 2],
    ['{{default input.missing 5}}', 5],
    ['{{default input.none input.missing "x"}}', 'x'],
    ['{{default input.off true}}', false],
    ['{{length input.list}}', 3],
    ['{{eq input.depth 2}}', true],
  ])('%s keeps the type of its value', (source, value) => {
    expect(render(source)).toEqual(value);
  });
});

describe('text', () => {
  it.each([
    ['plain } text {', 'plain } text {'],
    ['', ''],
    ['depth {{input.depth}}, {{input.flag}}, [{{input.none}}]', 'depth 2, true, []'],
    ['{{input.topic}}!', 'AI & <you>!'],
    ['{{input.map}}.', '{"one":1,"two":null}.'],
    ['{{input.list}}.', '["a","b","c"].'],
    ['\\{{input.topic}}', '{{input.topic}}'],
    ['{{! note }}x{{!-- {{ --}}', 'x'],
    ['a  {{~input.depth~}}  b', 'a2b'],
    ['{{my-id.output.points.[1]}} ', '20 '],
    ['{{input.[odd key]}} ', 'odd '],
    ['{{research/output}} ', 'text '],
    ['{{input.list.length}} ', '3 '],
  ])('%s', (source, text) => {
    expect(render(source)).toBe(text);
  });
});

describe('blocks', () => {
  it.each([
    ['{{#if input.flag}}yes{{else}}no{{/if}}', 'yes'],
    ['{{#if input.empty}}yes{{else if input.depth}}else{{/if}}', 'else'],
    ['{{#if input.missing.deep}}yes{{else}}no{{/if}}', 'no'],
    ['{{#unless input.missing}}no{{/unless}}', 'no'],
    ['{{^if input.off}}inverse{{/if}}', 'inverse'],
    ['{{#if (and input.flag (not input.missing))}}yes{{/if}}', 'yes'],
    ['{{#if (or input.off input.missing)}}yes{{else}}no{{/if}}', 'no'],
    ['{{#each input.list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}', '0a,1b,2c'],
    ['{{#each input.list}}{{#if @first}}{{.}}{{/if}}{{/each}}', 'a'],
    ['{{#each input.map}}{{@key}}={{this}};{{/each}}', 'one=1;two=;'],
    ['{{#each input.empty}}x{{else}}none{{/each}}', 'none'],
    ['{{#each input.none}}x{{else}}none{{/each}}', 'none'],
    [
      '{{#each input.people}}{{name}}:{{#each (default topics input.empty)}}{{../name}}{{this}}{{/each}};{{/each}}',
      'Ann:AnnxAnny;Bob:;',
    ],
    ['{{#each input.list}}{{../input.depth}}{{input.depth}}{{@root.input.depth}}{{/each}}', '222222222'],
    ['{{#each input.people as |person i|}}{{i}}{{person.name}}{{/each}}', '0Ann1Bob'],
    ['{{#each input.people as |p|}}{{#each input.list as |l|}}{{p.name}}{{l}}{{/each}}{{/each}}', 'AnnaAnnbAnncBobaBobbBobc'],
    ['{{#with input.map}}{{one}}{{/with}}', '1'],
    ['{{#with input.none}}x{{else}}none{{/with}}', 'none'],
    ['{{#with input.map as |m|}}{{m.one}}{{/with}}', '1'],
    ['{{#if input.flag}}\n  line\n{{/if}}\nrest', '  line\nrest'],
  ])('%s', (source, text) => {
    expect(render(source)).toBe(text);
  });
});

describe('helpers', () => {
  it.each<[string, JsonValue]>([
    ['{{json input.map}}', '{"one":1,"two":null}'],
    ['{{json input.map 2}}', '{\n  "one": 1,\n  "two": null\n}'],
    ['{{join input.list}}', 'a, b, c'],
    ['{{join input.list " / "}}', 'a / b / c'],
    ['{{length "a😀"}}', 2],
    ['{{length input.map}}', 2],
    ['{{upper research.output}}', 'TEXT'],
    ['{{lower "ABC"}}', 'abc'],
    ['{{trim "  x "}}', 'x'],
    ['{{truncate "hello world" 8}}', 'hello w…'],
    ['{{truncate "hello" 5}}', 'hello'],
    ['{{truncate "a😀b" 2 ""}}', 'a'],
    ['{{eq input.map input.map}}', true],
    ['{{ne "a" "b"}}', true],
    ['{{lt 1 2}}', true],
    ['{{gte "b" "a"}}', true],
    ['{{lte 3 2}}', false],
    ['{{gt input.depth 1}}', true],
    ['{{upper (truncate (join input.list "") 2 "")}}', 'AB'],
  ])('%s', (source, value) => {
    expect(render(source)).toEqual(value);
  });
});

describe('what a rendering refuses', () => {
  it.each([
    ['{{input.missing}}', 'there is no value at "input.missing"'],
    ['x {{research.output.points}}', 'there is no value at "research.output.points"'],
    ['{{nobody.output}}', 'there is no value at "nobody.output"'],
    ['{{#each input.topic}}{{/each}}', '#each needs a list or an object'],
    ['{{#each input.missing}}{{/each}}', 'there is no value'],
    ['{{upper input.missing}}', 'there is no value'],
    ['{{lt input.depth "a"}}', 'only two numbers or two strings'],
    ['{{join input.topic}}', 'join needs a list'],
    ['{{truncate "a" -1}}', 'whole number'],
    ['{{length input.depth}}', 'length needs'],
    ['{{json input 9}}', 'indent'],
  ])('%s', (source, message) => {
    expect(() => render(source)).toThrow(TemplateError);
    expect(() => render(source)).toThrow(message);
  });

  it.each([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'input.__proto__',
    'input.constructor.name',
    'input.topic.length',
    'input.list.map',
    'input.list.[-1]',
    'input.list.[01]',
  ])('the path %s leads nowhere', (path) => {
    expect(() => render(`{{${path}}}`)).toThrow('there is no value');
  });
});

describe('what a compilation refuses', () => {
  it.each([
    ['{{> partial}}', 'partials'],
    ['{{#> layout}}{{/layout}}', 'partials'],
    ['{{* decorator}}', 'decorators'],
    ['{{#*inline "x"}}{{/inline}}', 'decorators'],
    ['{{{{raw}}}}{{{{/raw}}}}', 'raw blocks'],
    ['{{lookup input "a"}}', 'there is no helper "lookup"'],
    ['{{constructor "a"}}', 'there is no helper "constructor"'],
    ['{{input.topic "a"}}', 'there is no helper'],
    ['{{#custom input}}{{/custom}}', 'is not a block'],
    ['{{#each}}{{/each}}', 'is not a block'],
    ['{{#if a b}}{{/if}}', 'takes one value'],
    ['{{#if a as |b|}}{{/if}}', 'gives no such names'],
    ['{{#with a as |b c|}}{{/with}}', 'gives no such names'],
    ['{{json a indent=2}}', 'named parameters'],
    ['{{#each a b=1}}{{/each}}', 'named parameters'],
    ['{{"text"}}', 'constant'],
    ['{{default a undefined}}', 'undefined'],
    ['{{default a}}', 'takes 2 to 8 values'],
    ['{{upper}}x{{upper a b}}', 'takes 1 values'],
    ['{{this}}', 'stands for nothing'],
    ['{{../a}}', 'goes up further'],
    ['{{#each a}}{{../../b}}{{/each}}', 'goes up further'],
    ['{{@index}}', 'only available inside #each'],
    ['{{#each a}}{{@other}}{{/each}}', 'there is no @other'],
    ['{{#each a}}{{@../index}}{{/each}}', '@../ is not available'],
    ['{{@root}}', 'there is no @root'],
    ['{{items.0}}', 'items.[0]'],
    ['{{', 'not a valid template'],
    ['{{#if a}}', 'not closed'],
    ['{{#if a}}{{/each}}', "doesn't match"],
  ])('%s', (source, message) => {
    expect(fault(source)).toContain(message);
  });

  it.each([
    ['source', `{{a}}${'x'.repeat(16_384)}`, 'longer than 16384'],
    ['list of tags', '{{a}}'.repeat(501), 'more than 500'],
    ['number of parts', '{{default a b}}'.repeat(200), 'more than 500 parts'],
    ['nesting of blocks', '{{#if a}}'.repeat(21) + '{{/if}}'.repeat(21), 'nested more than 20'],
    ['chain of elses', `{{#if a}}${'{{else if a}}'.repeat(20)}{{/if}}`, 'nested more than 20'],
    ['nesting of helpers', `{{upper ${'(upper '.repeat(20)}a${')'.repeat(20)}}}`, 'nested more than 20'],
  ])('a %s that is too long', (_, source, message) => {
    expect(fault(source)).toContain(message);
  });

  it('names the place', () => {
    expect(compileTemplate('first\n  {{lookup a b}}')).toMatchObject({ ok: false, offset: 8 });
  });
});

describe('the paths of a template', () => {
  it('are those that start at a root for certain', () => {
    const result = compileTemplate(
      '{{a.b}}{{default c "x"}}{{#each d}}{{e.f}}{{../g}}{{@root.h.i}}{{this.j}}{{/each}}{{#if (eq k 1)}}{{l.[0]}}{{/if}}',
    );
    if (!result.ok) throw new Error(result.message);
    expect(templatePaths(result.template).map(({ parts }) => parts.join('.'))).toEqual(['a.b', 'c', 'd', 'g', 'h.i', 'k', 'l.0']);
    expect(templatePaths(result.template)[0]).toMatchObject({ offset: 2 });
  });
});

describe('templates inside a value', () => {
  const value = { title: 'About {{input.topic}}', '{{key}}': 1, nested: [{ depth: '{{input.depth}}' }, null, 'x'], same: ['a'] };

  it('are filled in, keys are literal', () => {
    const result = compileTemplates(value);
    if (!result.ok) throw new Error('not compiled');
    expect(renderTemplates(result.templates, scope)).toEqual({
      title: 'About AI & <you>',
      '{{key}}': 1,
      nested: [{ depth: 2 }, null, 'x'],
      same: ['a'],
    });
    expect(templatesIn(result.templates).map(({ path }) => path.join('.'))).toEqual(['title', 'nested.0.depth']);
  });

  it('are all checked', () => {
    expect(compileTemplates({ a: '{{', b: ['{{> x}}', 'fine'] })).toMatchObject({
      ok: false,
      faults: [{ path: ['a'] }, { path: ['b', 0], offset: 0 }],
    });
  });

  it('can not reach a prototype through a key', () => {
    const result = compileTemplates(JSON.parse('{"__proto__": {"polluted": "{{input.depth}}"}}') as JsonValue);
    if (!result.ok) throw new Error('not compiled');
    const rendered = renderTemplates(result.templates, scope);
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect(JSON.stringify(rendered)).toBe('{"__proto__":{"polluted":2}}');
  });

  it('can not grow a value beyond a megabyte, however often it is doubled', () => {
    const result = compileTemplates({ left: '{{value}}', right: '{{value}}' });
    if (!result.ok) throw new Error('not compiled');
    let value: JsonValue = 'x'.repeat(100);
    const double = () => {
      const before = value;
      value = renderTemplates(result.templates, { get: () => before });
    };
    expect(() => {
      for (let turn = 0; turn < 200; turn += 1) double();
    }).toThrow('more than 1048576 characters');
  });

  it('asks the scope for each root at most once', () => {
    const asked: string[] = [];
    const result = compileTemplates(['{{a.b}}', '{{a.b}} {{#each a.c}}{{a.b}}{{/each}}']);
    if (!result.ok) throw new Error('not compiled');
    renderTemplates(result.templates, {
      get(root) {
        asked.push(root);
        return { b: 1, c: [1, 2, 3] };
      },
    });
    expect(asked).toEqual(['a']);
  });
});
