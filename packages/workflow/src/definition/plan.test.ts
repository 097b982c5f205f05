import { AppError, type JsonObject, type JsonValue } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { evaluateCondition } from '../condition/evaluate.ts';
import { renderTemplates } from '../template/templates.ts';
import { compileWorkflow, generatePlan } from './compile.ts';
import type { PlannedStep, WorkflowPlan } from './plan.ts';

function plan(...steps: readonly JsonObject[]): WorkflowPlan {
  return compileWorkflow({ name: 'w', steps });
}

function step(found: WorkflowPlan, id: string): PlannedStep {
  const planned = found.steps.get(id);
  if (planned === undefined) throw new Error(`no step ${id}`);
  return planned;
}

/** The flow in short: `a>b!c` is success to b, failure to c. */
function flow(found: WorkflowPlan): readonly string[] {
  const name = (target: PlannedStep['next']['onSuccess']) => (target.type === 'step' ? target.id : target.type);
  return [...found.steps.values()].map(
    ({ id, next }) => `${id}>${name(next.onSuccess)}${next.onFailure === null ? '' : `!${name(next.onFailure)}`}`,
  );
}

const noop = (id: string, more: JsonObject = {}) => ({ id, action: 'noop', ...more });

describe('the flow of a plan', () => {
  it.each<[string, readonly JsonObject[], readonly string[]]>([
    ['falls through in order', [noop('a'), noop('b')], ['a>b', 'b>end']],
    ['never falls into a handler', [noop('a', { onFailure: 'b' }), noop('b')], ['a>end!b', 'b>end']],
    ['skips handlers on the way', [noop('a', { onFailure: 'b' }), noop('b'), noop('c')], ['a>c!b', 'b>c', 'c>end']],
    [
      'takes onSuccess where it is given',
      [noop('a', { onSuccess: 'c' }), noop('b', { onSuccess: 'end' }), noop('c', { onSuccess: 'b' })],
      ['a>c', 'b>end', 'c>b'],
    ],
    ['jumps to a handler that is also a target', [noop('a', { onFailure: 'b', onSuccess: 'b' }), noop('b')], ['a>b!b', 'b>end']],
    ['knows fail', [noop('a', { onFailure: 'fail', onSuccess: 'fail' })], ['a>fail!fail']],
  ])('%s', (_, steps, expected) => {
    expect(flow(plan(...steps))).toEqual(expected);
  });

  it('starts at the first step that is no handler', () => {
    expect(plan(noop('a'), noop('b')).entry).toBe('a');
    expect(plan(noop('handler', { onSuccess: 'end' }), noop('work', { onFailure: 'handler' })).entry).toBe('work');
  });
});

describe('the defaults of a plan', () => {
  it('fill in a run', () => {
    expect(plan(noop('a'))).toMatchObject({ name: 'w', version: 1, timeoutMs: 86_400_000 });
    expect(plan(noop('a'))).not.toHaveProperty('maxCostNanoUsd');
    expect(compileWorkflow({ name: 'w', version: 3, timeoutMs: 5, maxCostUSD: 0.25, steps: [noop('a')] })).toMatchObject({
      version: 3,
      timeoutMs: 5,
      maxCostNanoUsd: 250_000_000,
    });
  });

  it.each<[string, JsonValue | undefined, JsonValue | undefined, JsonObject]>([
    ['no retry at all', undefined, undefined, { maxAttempts: 1 }],
    [
      'an empty one',
      {},
      undefined,
      {
        maxAttempts: 3,
        delayMs: 1_000,
        backoff: 'fixed',
        factor: 2,
        maxDelayMs: 30_000,
        jitter: 'none',
        respectRetryAfter: true,
        retryOn: null,
      },
    ],
    ['the default of the workflow', undefined, { maxAttempts: 5 }, { maxAttempts: 5 }],
    ['own fields before those of the workflow', { delayMs: 1 }, { maxAttempts: 5, delayMs: 9 }, { maxAttempts: 5, delayMs: 1 }],
    ['an exponential backoff', { backoff: 'exponential' }, undefined, { jitter: 'full', factor: 2 }],
    [
      'an exponential one by default, with own jitter',
      { jitter: 'none' },
      { backoff: 'exponential' },
      { backoff: 'exponential', jitter: 'none' },
    ],
  ])('resolve %s', (_, own, defaults, expected) => {
    const generate = { id: 'a', action: 'generate', input: { prompt: 'p' }, ...(own !== undefined && { retry: own }) };
    const found = compileWorkflow({
      name: 'w',
      ...(defaults !== undefined && { defaults: { retry: defaults } }),
      steps: [generate],
    });
    expect(step(found, 'a').retry).toMatchObject(expected);
  });

  it('are for steps that call a model', () => {
    const defaults = { provider: 'p', model: 'm', timeoutMs: 7, retry: { maxAttempts: 9 } };
    const input = { prompt: 'x' };
    const found = compileWorkflow({
      name: 'w',
      defaults,
      steps: [
        { id: 'plain', action: 'generate', input },
        { id: 'same', action: 'generate', provider: 'p', input },
        { id: 'other', action: 'generate', provider: 'q', timeoutMs: 8, input },
        { id: 'own', action: 'generate', model: 'n', input },
        { id: 'fail', action: 'fail' },
      ].map((each) => (each.id === 'fail' ? { ...each, id: 'stop' } : each)),
    });
    expect(step(found, 'plain')).toMatchObject({ provider: 'p', model: 'm', timeoutMs: 7, retry: { maxAttempts: 9 } });
    expect(step(found, 'same')).toMatchObject({ provider: 'p', model: 'm' });
    expect(step(found, 'other')).toMatchObject({ provider: 'q', timeoutMs: 8 });
    expect(step(found, 'other')).not.toHaveProperty('model');
    expect(step(found, 'own')).toMatchObject({ provider: 'p', model: 'n' });
    expect(step(found, 'stop')).toMatchObject({ timeoutMs: 120_000, retry: { maxAttempts: 1 } });
  });
});

describe('a planned step', () => {
  const scope = { get: (root: string) => (root === 'input' ? { n: 5, flag: false, t: 'text' } : undefined) };

  it('has its expressions compiled', () => {
    const found = plan(
      {
        id: 'a',
        action: 'generate',
        condition: 'input.n > 4',
        input: { prompt: 'About {{input.t}}', systemPrompt: 's', maxTokens: '{{input.n}}', temperature: 0.5 },
      },
      { id: 'b', action: 'delay', delayMs: '{{input.n}}', when: '{{input.flag}}' },
      { id: 'c', action: 'transform', set: { n: '{{input.n}}' } },
      { id: 'd', action: 'fail', message: 'no {{input.t}}' },
    );
    const [a, b, c, d] = [...found.steps.values()];
    if (a?.action !== 'generate' || b?.action !== 'delay' || c?.action !== 'transform' || d?.action !== 'fail')
      throw new Error('wrong actions');
    const rendered = (templates: Parameters<typeof renderTemplates>[0] | undefined) =>
      templates && renderTemplates(templates, scope);
    expect([a.templates.prompt, a.templates.systemPrompt, a.templates.maxTokens, a.templates.temperature].map(rendered)).toEqual([
      'About text',
      's',
      5,
      0.5,
    ]);
    expect([b.templates.delayMs, b.templates.until, c.templates.set, d.templates.message].map(rendered)).toEqual([
      5,
      undefined,
      { n: 5 },
      'no text',
    ]);
    expect(a.condition && evaluateCondition(a.condition, scope)).toBe(true);
    expect(b.condition && evaluateCondition(b.condition, scope)).toBe(false);
    expect([a.index, d.index]).toEqual([0, 3]);
  });
});

describe('compileWorkflow', () => {
  it('refuses what does not validate', () => {
    expect(() => compileWorkflow({ name: 'w', steps: [] })).toThrow(AppError);
    expect(() => compileWorkflow({ name: 'w', steps: [{ id: 'a', action: 'noop', onSuccess: 'b' }] })).toThrow(
      'stored workflow definition',
    );
  });
});

describe('the plan of a generate request', () => {
  it('is one step with one attempt', () => {
    const { entry, steps } = generatePlan();
    expect(steps.size).toBe(1);
    expect(steps.get(entry)).toMatchObject({
      id: 'generate',
      action: 'generate',
      retry: { maxAttempts: 1 },
      next: { onSuccess: { type: 'end' }, onFailure: null },
    });
    expect(generatePlan()).toBe(generatePlan());
  });
});
