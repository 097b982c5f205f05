import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { validateWorkflow } from './validate.ts';

const generate = { id: 'a', action: 'generate', input: { prompt: 'p' } };

function workflow(...steps: readonly JsonValue[]): JsonObject {
  return { name: 'w', steps };
}

/** `pointer code` of every issue, or of every warning when the document is fine. */
function findings(document: unknown, options?: Parameters<typeof validateWorkflow>[1]): readonly string[] {
  const result = validateWorkflow(document, options);
  return (result.ok ? result.warnings : result.issues).map(
    ({ pointer, code }) => `${result.ok ? 'warning ' : ''}${pointer} ${code}`,
  );
}

function messages(document: unknown, options?: Parameters<typeof validateWorkflow>[1]): string {
  const result = validateWorkflow(document, options);
  return result.ok ? 'ok' : result.issues.map(({ message }) => message).join('\n');
}

describe('structure', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['a list', [], [' wrong-type']],
    ['null', null, [' wrong-type']],
    ['an empty object', {}, ['/name required', '/steps required']],
    ['no steps', { name: 'w', steps: [] }, ['/steps out-of-range']],
    ['steps of a wrong type', { name: 'w', steps: 5 }, ['/steps wrong-type']],
    ['a bad name', { name: ' ', steps: [generate] }, ['/name wrong-format']],
    [
      'numbers out of range',
      { ...workflow(generate), version: 0, timeoutMs: 0.5 },
      ['/version out-of-range', '/timeoutMs wrong-type'],
    ],
    ['a value that is not on the list', { ...workflow(generate), priority: 'urgent' }, ['/priority not-allowed']],
    ['a step that is no object', workflow(5), ['/steps/0 wrong-type']],
    ['a step without action', workflow({ id: 'a' }), ['/steps/0/action required']],
    ['an action that is not built', workflow({ id: 'a', action: 'approval', message: 'x' }), ['/steps/0/action unknown-action']],
    [
      'other faults of a step with an unknown action',
      workflow({ id: '9', action: 'x', timeoutMs: 'y' }),
      ['/steps/0/action unknown-action', '/steps/0/id wrong-format', '/steps/0/timeoutMs wrong-type'],
    ],
    ['a prompt that is missing', workflow({ id: 'a', action: 'generate', input: {} }), ['/steps/0/input/prompt required']],
    ['an input that is missing', workflow({ id: 'a', action: 'generate' }), ['/steps/0/input required']],
    [
      'a number in neither range',
      workflow({ ...generate, input: { prompt: 'p', maxTokens: 0, temperature: 3 } }),
      ['/steps/0/input/maxTokens out-of-range', '/steps/0/input/temperature out-of-range'],
    ],
    [
      'a value that is neither number nor text',
      workflow({ ...generate, input: { prompt: 'p', maxTokens: [] } }),
      ['/steps/0/input/maxTokens wrong-type'],
    ],
    ['a set that is missing', workflow({ id: 'a', action: 'transform' }), ['/steps/0/set required']],
    [
      'a key that every reader of JSON takes differently',
      JSON.parse('{"name":"w","steps":[{"id":"a","action":"transform","set":[{"__proto__":1}]}]}'),
      ['/steps/0/set/0/__proto__ forbidden-field'],
    ],
  ])('%s', (_, document, expected) => {
    expect(findings(document)).toEqual(expected);
  });

  it('lists the actions of this version', () => {
    expect(messages(workflow({ id: 'a', action: 'approval' }))).toContain(
      '"approval" is no action that this version executes; it executes generate, delay, transform, fail, noop',
    );
  });

  it('refuses more steps than the limit and still looks at the first ones', () => {
    const steps = Array.from({ length: 201 }, (_, index) => ({ id: `s${index}`, action: 'noop', typo: true }));
    const found = findings({ name: 'w', steps });
    expect(found).toContain('/steps out-of-range');
    expect(found).toContain('/steps/0/typo unknown-field');
    expect(found.length).toBe(200);
  });

  it('refuses what is too deep or too large to look at', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(findings({ ...workflow(generate), 'x-deep': deep })).toEqual([`/x-deep${'/0'.repeat(63)} too-deep`]);
    expect(findings({ ...workflow(generate), 'x-large': Array.from({ length: 20_001 }, () => 0) })).toEqual([' too-large']);
  });
});

describe('unknown fields', () => {
  it('are named one by one, wherever they are, next to other faults', () => {
    const document = {
      name: 'w',
      inputs: {},
      outputs: {},
      defaults: { retries: 1, retry: { attempts: 1 } },
      steps: [
        { ...generate, dependsOn: [], timeoutMs: 'soon', retry: { max: 1 }, input: { promt: 'p', prompt: 'p', 'a/b~c': 1 } },
      ],
    };
    expect(findings(document).toSorted()).toEqual(
      [
        '/inputs unknown-field',
        '/outputs unknown-field',
        '/defaults/retries unknown-field',
        '/defaults/retry/attempts unknown-field',
        '/steps/0/dependsOn unknown-field',
        '/steps/0/timeoutMs wrong-type',
        '/steps/0/retry/max unknown-field',
        '/steps/0/input/promt unknown-field',
        '/steps/0/input/a~1b~0c unknown-field',
      ].toSorted(),
    );
  });

  it('may start with x- anywhere', () => {
    const document = {
      ...workflow({ ...generate, 'x-a': { '{{': 1 }, retry: { 'x-b': null }, input: { prompt: 'p', 'x-c': '{{' } }),
      'x-d': [],
      defaults: { 'x-e': 1 },
    };
    expect(validateWorkflow(document).ok).toBe(true);
  });
});

describe('rules across fields', () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      'both when and condition',
      workflow({ ...generate, when: 'true', condition: 'true' }),
      ['/steps/0/condition conflicting-fields'],
    ],
    [
      'a delay with both',
      workflow({ id: 'a', action: 'delay', delayMs: 1, until: '2030-01-01T00:00:00Z' }),
      ['/steps/0 exactly-one-of'],
    ],
    ['a delay with neither', workflow({ id: 'a', action: 'delay' }), ['/steps/0 exactly-one-of']],
    ['an instant that is none', workflow({ id: 'a', action: 'delay', until: 'tomorrow' }), ['/steps/0/until wrong-format']],
    [
      'an instant that does not exist',
      workflow({ id: 'a', action: 'delay', until: '2030-13-01T00:00:00Z' }),
      ['/steps/0/until wrong-format'],
    ],
    [
      'texts where numbers belong',
      workflow({ ...generate, input: { prompt: 'p', maxTokens: '5', temperature: 'hot' } }),
      ['/steps/0/input/maxTokens wrong-type', '/steps/0/input/temperature wrong-type'],
    ],
    ['a text for a delay', workflow({ id: 'a', action: 'delay', delayMs: '5' }), ['/steps/0/delayMs wrong-type']],
    [
      'error names that do not exist',
      {
        ...workflow({ ...generate, retry: { retryOn: ['Provider.Slow', 'Nope.*', 'custom.X', 'Provider', 'Custom.A b'] } }),
        defaults: { retry: { retryOn: ['?'] } },
      },
      [
        '/defaults/retry/retryOn/0 unknown-error-name',
        ...[0, 1, 2, 3, 4].map((index) => `/steps/0/retry/retryOn/${index} unknown-error-name`),
      ],
    ],
    [
      'error names that do',
      workflow({
        ...generate,
        retry: { retryOn: ['*', 'Provider.*', 'Custom.*', 'Custom.Mine', 'Http.5xx', 'Provider.Auth', 'Step.Timeout'] },
      }),
      [],
    ],
    [
      'errors that end the run',
      workflow({ ...generate, retry: { retryOn: ['Run.Timeout'] } }),
      ['warning /steps/0/retry/retryOn/0 never-retried'],
    ],
    [
      'an error of a fail step that is not custom',
      workflow({ id: 'a', action: 'fail', error: 'Provider.Auth' }),
      ['/steps/0/error wrong-format'],
    ],
  ])('%s', (_, document, expected) => {
    expect(findings(document)).toEqual(expected);
  });

  it('knows the providers it is told about', () => {
    const document = {
      ...workflow({ ...generate, provider: 'nobody' }, { ...generate, id: 'b', provider: 'known' }),
      defaults: { provider: 'other' },
    };
    expect(findings(document, { knownProviders: ['known'] })).toEqual([
      '/defaults/provider unknown-provider',
      '/steps/0/provider unknown-provider',
    ]);
    expect(findings(document)).toEqual([]);
  });

  it('knows the providers of fallbacks, and what may have been meant', () => {
    const fallbacks = [{ provider: 'beta' }, { provider: 'aplha' }];
    const result = validateWorkflow(workflow({ ...generate, provider: 'alpha', fallbacks }), {
      knownProviders: ['alpha', 'beta', 'gamma'],
    });
    expect(result).toEqual({
      ok: false,
      issues: [
        {
          pointer: '/steps/0/fallbacks/1/provider',
          code: 'unknown-provider',
          message: 'there is no provider "aplha", did you mean alpha?; there are alpha, beta, gamma',
        },
      ],
    });
  });
});

describe('the input of a generate step', () => {
  const withInput = (input: JsonValue, more: JsonObject = {}) => workflow({ id: 'a', action: 'generate', ...more, input });
  const text = (content: string) => ({ role: 'user', content });

  it.each<[string, unknown, readonly string[]]>([
    ['messages instead of a prompt', withInput({ messages: [text('hello {{input.name}}')] }), []],
    ['both', withInput({ prompt: 'p', messages: [text('hello')] }), []],
    ['neither', withInput({ systemPrompt: 's' }), ['/steps/0/input/prompt required']],
    ['no messages', withInput({ messages: [] }), ['/steps/0/input/messages out-of-range']],
    [
      'a role that is none',
      withInput({ messages: [{ role: 'boss', content: 'x' }] }),
      ['/steps/0/input/messages/0/role not-allowed'],
    ],
    ['no role', withInput({ messages: [{ content: 'x' }] }), ['/steps/0/input/messages/0/role required']],
    [
      'a template that is none',
      withInput({ messages: [text('ok'), { role: 'user', content: [{ type: 'text', text: '{{#each}}' }] }] }),
      ['/steps/0/input/messages/1/content/0/text invalid-template'],
    ],
    [
      'a step that comes later',
      workflow({ id: 'a', action: 'generate', input: { messages: [text('{{b.output}}')] } }, { id: 'b', action: 'noop' }),
      ['warning /steps/0/input/messages/0/content never-available'],
    ],
    [
      'an unknown field of a message',
      withInput({ messages: [{ ...text('x'), name: 'me' }] }),
      ['/steps/0/input/messages/0/name unknown-field'],
    ],
    ['numbers by template', withInput({ prompt: 'p', seed: '{{input.s}}', topP: '{{input.p}}' }), []],
    ['numbers as text', withInput({ prompt: 'p', seed: '7' }), ['/steps/0/input/seed wrong-type']],
    ['routing', withInput({ prompt: 'p' }, { routing: 'fastest', requires: ['vision'], fallbacks: [{ provider: 'x' }] }), []],
    ['an unknown strategy', withInput({ prompt: 'p' }, { routing: 'best' }), ['/steps/0/routing not-allowed']],
    ['an unknown capability', withInput({ prompt: 'p' }, { requires: ['magic'] }), ['/steps/0/requires/0 not-allowed']],
  ])('%s', (_, document, expected) => {
    expect(findings(document)).toEqual(expected);
  });
});

describe('the flow', () => {
  const noop = (id: string, more: JsonObject = {}) => ({ id, action: 'noop', ...more });

  it.each<[string, unknown, readonly string[]]>([
    ['an id twice', workflow(noop('a'), noop('a')), ['/steps/1/id duplicate-step-id']],
    ['reserved ids', workflow(noop('input'), noop('end')), ['/steps/0/id reserved-step-id', '/steps/1/id reserved-step-id']],
    [
      'targets that do not exist',
      workflow(noop('a', { onSuccess: 'x', onFailure: 'constructor' })),
      ['/steps/0/onSuccess unknown-step', '/steps/0/onFailure unknown-step'],
    ],
    ['end and fail', workflow(noop('a', { onSuccess: 'end', onFailure: 'fail' })), []],
    ['a step that leads to itself', workflow(noop('a', { onFailure: 'a' })), ['/steps/0/onFailure self-reference']],
    ['a way back', workflow(noop('a'), noop('b', { onSuccess: 'a' })), ['/steps/1/onSuccess cycle']],
    [
      'a way back through a handler',
      workflow(noop('a', { onFailure: 'c' }), noop('b'), noop('c', { onSuccess: 'a' })),
      ['/steps/2/onSuccess cycle'],
    ],
    [
      'a way back by fall-through',
      workflow(noop('a', { onSuccess: 'c' }), noop('b'), noop('c', { onSuccess: 'b' })),
      ['/steps/2/onSuccess cycle'],
    ],
    [
      'a jump back without a cycle',
      workflow(noop('a', { onSuccess: 'c' }), noop('b', { onSuccess: 'end' }), noop('c', { onSuccess: 'b' })),
      [],
    ],
    ['a step that nothing leads to', workflow(noop('a', { onSuccess: 'end' }), noop('b')), ['warning /steps/1 unreachable-step']],
    ['several ways to one step', workflow(noop('a', { onSuccess: 'c', onFailure: 'b' }), noop('b'), noop('c')), []],
  ])('%s', (_, document, expected) => {
    expect(findings(document)).toEqual(expected);
  });

  it('tells the whole cycle', () => {
    expect(messages(workflow(noop('a'), noop('b'), noop('c', { onFailure: 'a' })))).toBe('closes a cycle: a → b → c → a');
  });
});

describe('expressions', () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      'a broken template in every place',
      workflow({ ...generate, input: { prompt: '{{', systemPrompt: '{{> x}}', maxTokens: '{{a b}}', temperature: '{{#if}}' } }),
      ['prompt', 'systemPrompt', 'maxTokens', 'temperature'].map((key) => `/steps/0/input/${key} invalid-template`),
    ],
    [
      'a broken template deep inside',
      workflow({ id: 'a', action: 'transform', set: { list: ['fine', { 'k/y': '{{' }] } }),
      ['/steps/0/set/list/1/k~1y invalid-template'],
    ],
    [
      'broken conditions',
      workflow({ ...generate, when: '1 +' }, { ...generate, id: 'b', condition: '"x"' }),
      ['/steps/0/when invalid-condition', '/steps/1/condition invalid-condition'],
    ],
    [
      'names that do not exist',
      workflow({ ...generate, input: { prompt: '{{nobody.output}} {{secrets.key}}' }, when: 'topic == 1' }),
      ['/steps/0/when unknown-reference', '/steps/0/input/prompt unknown-reference', '/steps/0/input/prompt unknown-reference'],
    ],
    [
      'steps that do not exist',
      workflow({ ...generate, input: { prompt: '{{steps.nobody.output}}' }, when: 'steps["x"].output == 1' }),
      ['/steps/0/when unknown-reference', '/steps/0/input/prompt unknown-reference'],
    ],
    [
      'fields that steps do not have',
      workflow(generate, { ...generate, id: 'b', input: { prompt: '{{a.outptu}} {{steps.a.text}}' } }),
      ['/steps/1/input/prompt unknown-reference', '/steps/1/input/prompt unknown-reference'],
    ],
    [
      'all that exists',
      workflow(generate, {
        ...generate,
        id: 'b',
        when: 'a.status == "completed" && has(error.name) && run.id != ""',
        input: { prompt: '{{a.output.deep}} {{steps.a.usage}} {{input.x}} {{run.id}} {{a}} {{steps}}' },
      }),
      [],
    ],
    [
      'a name inside of a block may belong to the item',
      workflow({ ...generate, input: { prompt: '{{#each input.list}}{{name}}{{/each}}' } }),
      [],
    ],
    [
      'results of later steps',
      workflow({ ...generate, input: { prompt: '{{b.output}} {{a.output}}' } }, { ...generate, id: 'b' }),
      ['warning /steps/0/input/prompt never-available', 'warning /steps/0/input/prompt never-available'],
    ],
    [
      'too many templates',
      workflow({ id: 'a', action: 'transform', set: Array.from({ length: 4_001 }, () => '{{input}}') }),
      ['/steps/0/set too-many-templates'],
    ],
  ])('%s', (_, document, expected) => {
    expect(findings(document)).toEqual(expected);
  });

  it('says how to name a step with a dash in a condition', () => {
    expect(messages(workflow({ ...generate, id: 'my-step' }, { ...generate, id: 'b', when: 'my-step.output == "x"' }))).toContain(
      'steps["my-step"]',
    );
  });

  it('says where', () => {
    expect(messages(workflow({ ...generate, input: { prompt: 'About {{lookup a b}}' } }))).toContain('(at character 7)');
  });
});
