import type { RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  const retired = { promptIncludes: '[[renamed]]', answerModel: 'gpt-4o-mini-2099' };
  const cut = { promptIncludes: '[[limit]]', fault: { type: 'finish' as const, reason: 'limit' as const } };
  installation = await startInstallation({ script: { rules: [retired, cut], recordRequests: true } });
});
afterAll(() => installation?.dispose());

const noop = (id: string, fields: object = {}) => ({ id, action: 'noop', ...fields });
const set = (id: string, value: unknown, fields: object = {}) => ({ id, action: 'transform', set: value, ...fields });
const broken = (id: string, fields: object = {}) => ({
  id,
  action: 'fail',
  error: 'Custom.Broken',
  message: `${id} broke`,
  ...fields,
});
const path = (run: RunResponse) => run.steps.map(({ id, status }) => `${id} ${status}`);
const run = (steps: readonly object[], input?: unknown) =>
  installation.api.run(workflow(steps), input === undefined ? {} : { input });

describe('the next step', () => {
  it('is the next in the list, but never one that handles a failure', async () => {
    const result = await run([
      noop('a', { onFailure: 'rescue' }),
      noop('rescue'),
      noop('b'),
      noop('c', { onFailure: 'late' }),
      noop('late'),
    ]);
    expect(path(result)).toEqual(['a completed', 'b completed', 'c completed']);
    expect(result).toMatchObject({ status: 'completed', degraded: false, output: null });
  });

  it('starts at the first step that handles nothing', async () => {
    expect(path(await run([noop('handler', { onSuccess: 'end' }), broken('first', { onFailure: 'handler' })]))).toEqual([
      'first failed',
      'handler completed',
    ]);
  });

  it('is what onSuccess names: a step, the end, or a failure', async () => {
    const jump = await run([set('a', 1, { onSuccess: 'c' }), noop('b'), set('c', 3, { onSuccess: 'end' }), noop('d')]);
    expect(path(jump)).toEqual(['a completed', 'c completed']);
    expect(jump.output).toBe(3);
    const failed = await run([noop('a', { onSuccess: 'fail' }), noop('b')]);
    expect(path(failed)).toEqual(['a completed']);
    expect(failed).toMatchObject({ success: false, status: 'failed', error: { name: 'Custom.Failed' } });
  });

  it('is what onFailure names, with the error in scope and the run degraded', async () => {
    const said = { name: '{{error.name}}', message: '{{error.message}}', from: '{{a.status}}', attempts: '{{steps.a.attempts}}' };
    const result = await run([broken('a', { onFailure: 'b' }), set('b', said)]);
    expect(result).toMatchObject({
      status: 'completed',
      degraded: true,
      output: { name: 'Custom.Broken', message: 'a broke', from: 'failed', attempts: 1 },
    });
    expect(await run([broken('a', { onFailure: 'end' }), noop('b')])).toMatchObject({ status: 'completed', degraded: true });
    const passedOn = await run([broken('a', { onFailure: 'fail' })]);
    expect(passedOn).toMatchObject({ status: 'failed', error: { name: 'Custom.Broken', message: 'a broke' } });
  });

  it('is none when a step fails without a handler', async () => {
    const result = await run([broken('a'), noop('b')]);
    expect(path(result)).toEqual(['a failed']);
    expect(result.error).toMatchObject({ name: 'Custom.Broken' });
  });
});

describe('templates', () => {
  it('keep the type of a value that stands alone, and make text of one that does not', async () => {
    const input = { n: 3, f: 1.5, yes: true, none: null, list: [1, 'two', { three: 3 }], deep: { a: { b: 'c' } }, text: 'é😀' };
    const value = {
      same: [
        '{{input.n}}',
        '{{input.f}}',
        '{{input.yes}}',
        '{{input.none}}',
        '{{input.list}}',
        '{{input.deep}}',
        '{{input.text}}',
      ],
      text: 'n={{input.n}} yes={{input.yes}} b={{input.deep.a.b}} list={{input.list}}',
      loop: '{{#each input.list}}{{@index}},{{/each}}',
      fallback: '{{default input.missing "none"}}',
      untouched: { number: 7, flag: false, nothing: null },
    };
    expect((await run([set('a', value)], input)).output).toEqual({
      same: [3, 1.5, true, null, input.list, input.deep, 'é😀'],
      text: 'n=3 yes=true b=c list=[1,"two",{"three":3}]',
      loop: '0,1,2,',
      fallback: 'none',
      untouched: value.untouched,
    });
  });

  it('carry a model’s answer into the next prompt, unescaped', async () => {
    const second = ask('second', 'next', {
      input: { prompt: '[[next]] <{{first.output}}> & {{input.quote}}', maxTokens: '{{input.limit}}' },
    });
    const result = await run([ask('first', 'prior'), second], { quote: '"quoted" <b>', limit: 33 });
    const [call] = callsOf(installation.upstream, 'next');
    expect(call).toMatchObject({ maxTokens: 33 });
    expect(call?.request).toMatchObject({ messages: [{ content: `[[next]] <${result.steps[0]?.output}> & "quoted" <b>` }] });
  });

  it('fail their step where a path is missing', async () => {
    const result = await run([set('a', '{{input.nothing.here}}', { onFailure: 'b' }), set('b', '{{error.name}}')], {});
    expect(result).toMatchObject({ status: 'completed', degraded: true, output: 'Step.TemplateError' });
    expect(result.steps[0]?.attempts).toEqual([]);
  });
});

describe('conditions', () => {
  const conditional = [
    set('a', { score: 0.9, tags: ['x'] }),
    set('b', 'ran', { when: 'a.output.score >= input.least && "x" in a.output.tags' }),
    set('c', { b: '{{b.output}}', status: '{{b.status}}' }),
  ];

  it('let a step run or skip it, and are recorded', async () => {
    const ran = await run(conditional, { least: 0.5 });
    expect(path(ran)).toEqual(['a completed', 'b completed', 'c completed']);
    expect(ran.steps[1]?.condition).toBe(true);
    const skipped = await run(conditional, { least: 1 });
    expect(path(skipped)).toEqual(['a completed', 'b skipped', 'c completed']);
    expect(skipped.steps[1]).toMatchObject({ condition: false, skipReason: 'condition', output: null });
    expect(skipped).toMatchObject({ status: 'completed', degraded: false, output: { b: null, status: 'skipped' } });
  });

  it('go on at onSuccess of a skipped step', async () => {
    const result = await run([noop('a', { condition: '{{input.go}}', onSuccess: 'c' }), noop('b'), noop('c')], { go: false });
    expect(path(result)).toEqual(['a skipped', 'c completed']);
  });

  it('fail their step when they have no value or no boolean one', async () => {
    for (const when of ['input.missing > 1', 'input.text', 'input.text < 3', '{{input.text}}']) {
      const result = await run(
        [noop('a', { when, retry: { maxAttempts: 3, delayMs: 0 }, onFailure: 'b' }), set('b', '{{error.name}}')],
        {
          text: 'x',
        },
      );
      expect([when, result.output, result.steps[0]?.attempts]).toEqual([when, 'Step.ConditionError', []]);
    }
  });
});

describe('warnings', () => {
  it('tell what was changed on the way to the vendor and how a price was found', async () => {
    const dropped = ask('a', 'dropped', {
      model: 'gpt-6-luna',
      input: { prompt: '[[dropped]]', temperature: 0.2, maxTokens: 20 },
    });
    const result = await run([dropped, ask('b', 'renamed')]);
    expect(result.steps[0]?.attempts[0]?.warnings).toEqual([expect.stringMatching(/temperature was left out: gpt-6-luna/)]);
    expect(result.steps[1]?.attempts[0]?.warnings).toEqual([
      expect.stringMatching(/No price is known.*gpt-4o-mini-2099.*worst case/),
    ]);
    expect(result.steps[1]?.attempts[0]?.costBasis).toBe('reserved');
  });

  it('leave it to the finish reason to tell that an answer was cut', async () => {
    const result = await run([ask('a', 'limit')]);
    expect(result).toMatchObject({ status: 'completed', steps: [{ attempts: [{ finishReason: 'length' }] }] });
  });
});
