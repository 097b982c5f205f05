import type { RunResponse } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses } from '../support/processes.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { callsOf } from './support/ledger.ts';
import { readMetrics } from './support/metrics.ts';
import { ask, workflow } from './support/workflows.ts';

failOnLeakedProcesses();

let installation: Installation;
beforeAll(async () => {
  const body = { error: { message: 'no \u0000 \ud800', type: 'x\u0000', code: 'y\ud800' } };
  const rules = [
    { promptIncludes: '[[odd-answer]]', content: 'a\u0000b\ud800', answerModel: 'm\u0000\ud800' },
    { promptIncludes: '[[odd-refusal]]', fault: { type: 'status' as const, status: 400, body } },
    {
      promptIncludes: '[[odd-wish]]',
      fault: { type: 'status' as const, status: 429, headers: { 'retry-after': '9'.repeat(17) } },
    },
  ];
  installation = await startInstallation({ script: { rules } });
});
afterAll(() => installation?.dispose());

const list = (length: number) => Array.from({ length }, (_, index) => index);
const each = (depth: number, body: string) => `${'{{#each input.list}}'.repeat(depth)}${body}${'{{/each}}'.repeat(depth)}`;
const big = 'x'.repeat(200_000);

/** Templates that try to escape, to loop or to blow up. Each must be refused at submission or end as a typed step error. */
const templates: readonly (readonly [what: string, template: string, input: object])[] = [
  ['three loops over 200 items', each(3, '{{this}}'), { list: list(200) }],
  ['five loops that print nothing', each(5, ''), { list: list(200) }],
  ['a loop that prints 200 kB each turn', each(1, '{{@root.input.big}}'), { list: list(400), big }],
  ['the same through input', '{{#each input.list}}{{../input.big}}{{/each}}', { list: list(400), big }],
  [
    'JSON of JSON of JSON',
    '{{json (json (json (json input.big)))}}{{json input.list 8}}',
    { list: list(20_000), big: '"\\'.repeat(60_000) },
  ],
  [
    'comparisons of large values',
    '{{#each input.list}}{{eq @root.input.a @root.input.b}}{{/each}}',
    { list: list(9_000), a: [big], b: [big] },
  ],
  ['prototypes', '{{input.__proto__.polluted}}', {}],
  ['constructors', '{{input.constructor.constructor "return process"}}', {}],
  ['lookup', '{{lookup input "constructor"}}', {}],
  ['partials', '{{> (lookup . "x")}}', {}],
  ['raw blocks and decorators', '{{#*inline "x"}}{{/inline}}', {}],
  ['the environment', '{{process.env.HOME}}', {}],
  ['secrets', '{{secrets.OPENAI_API_KEY}}', {}],
  ['hidden members of lists and strings', '{{input.list.push}}{{input.list.__proto__}}', { list: [1] }],
];

/** Conditions of the same kind. */
const conditions: readonly (readonly [what: string, when: string, input: object])[] = [
  ['nested macros', 'input.list.all(x, input.list.all(y, input.list.all(z, z > -1)))', { list: list(300) }],
  ['a regular expression', 'input.text.matches("(a+)+$")', { text: `${'a'.repeat(40)}!` }],
  ['strings that double', `size(${'input.big + '.repeat(60)}input.big) > 0`, { big }],
  ['lists in lists', 'input.list.map(x, input.list).map(x, x + x + x + x) == []', { list: list(3_000) }],
  ['functions of the host', 'input.constructor("return 1")() == 1', {}],
  ['prototypes', 'input.__proto__.polluted == true', {}],
  ['deep nesting', `${'('.repeat(300)}true${')'.repeat(300)}`, {}],
  ['numbers without end', '9223372036854775807 * 9223372036854775807 > 1', {}],
  ['a division by nothing', '1 / 0 == 1', {}],
  ['keys made up at run time', 'input[input.key] == 1', { key: '__proto__' }],
];

/** How long an event loop may be kept from everything else. */
const blockLimitMs = 100;
const expressionErrors = ['Step.TemplateError', 'Step.ConditionError', 'Step.OutputTooLarge'];

interface Observation {
  readonly outcome: 'refused' | RunResponse;
  /** Longest time that the worker's event loop stood still, and that the API took for `/livez` meanwhile. */
  readonly blockedMs: number;
}

async function observe(step: object, input: object): Promise<Observation> {
  const { api, worker } = installation;
  await readMetrics(worker);
  const submission = api.post('/api/workflows/run', { workflow: workflow([step]), input });
  const askedAt = performance.now();
  expect((await api.get('/livez')).status).toBe(200);
  const livezMs = performance.now() - askedAt;
  const answer = await submission;
  expect([200, 422]).toContain(answer.status);
  const { eventLoopDelayMs } = await readMetrics(worker);
  return {
    outcome: answer.status === 422 ? 'refused' : (answer.body as RunResponse),
    blockedMs: Math.max(livezMs, eventLoopDelayMs.max),
  };
}

/** Whatever else runs on the machine can only add to the times, so the least of a few observations counts. */
async function expectHarmless(step: object, input: object): Promise<void> {
  const observations = [await observe(step, input)];
  while (observations.length < 5 && observations.every(({ blockedMs }) => blockedMs > blockLimitMs)) {
    observations.push(await observe(step, input));
  }
  expect(Math.min(...observations.map(({ blockedMs }) => blockedMs))).toBeLessThanOrEqual(blockLimitMs);
  for (const { outcome } of observations) {
    if (outcome === 'refused') continue;
    expect(outcome).toMatchObject({ success: false, status: 'failed' });
    expect(expressionErrors).toContain((outcome.error as { name: string }).name);
  }
}

describe('a hostile template', () => {
  it.each(templates)('with %s is refused or fails its step', async (_what, template, input) => {
    await expectHarmless({ id: 'a', action: 'transform', set: template }, input);
    await expectHarmless({ id: 'a', action: 'generate', input: { prompt: template } }, input);
  });
});

describe('a hostile condition', () => {
  it.each(conditions)('with %s is refused or fails its step', async (_what, when, input) => {
    await expectHarmless({ id: 'a', action: 'noop', when }, input);
  });
});

describe('a workflow that is large', () => {
  it('with 200 steps runs to its end', async () => {
    const steps = list(200).map((index) => ({ id: `s${index}`, action: 'transform', set: index }));
    const run = await installation.api.run(workflow(steps));
    expect(run).toMatchObject({ status: 'completed', output: 199 });
    expect(run.steps).toHaveLength(200);
  });

  it('fails the step that makes its data too many to be stored, and can still be read and listed', async () => {
    const copies = list(200).map((index) => ({ id: `s${index}`, action: 'transform', set: '{{input.big}}' }));
    const run = await installation.api.run(workflow(copies), { input: { big: 'x'.repeat(900_000) }, userId: 'large' });
    expect(run).toMatchObject({ status: 'failed', error: { name: 'Step.OutputTooLarge' } });
    expect(await installation.api.job(run.runId)).toMatchObject({ status: 'failed' });
    expect(await installation.api.get('/api/workflows/runs?userId=large')).toMatchObject({ status: 200, body: { total: 1 } });
  });

  it('with 60,000 fields of input does not hold up others', async () => {
    const input = Object.fromEntries(list(60_000).map((index) => [`key${index}`, 'x']));
    const large = installation.api.run(workflow([{ id: 'a', action: 'noop' }]), { input });
    const others = list(10).map(() => installation.api.run(workflow([{ id: 'a', action: 'noop' }])));
    for (const run of await Promise.all([large, ...others])) expect(run).toMatchObject({ status: 'completed' });
    // Before the store's fix a single read of that input took more than six seconds.
    expect((await large).totalLatencyMs).toBeLessThan(5_000);
  });

  it('says what it refuses also where that is cut in the middle of a character', async () => {
    for (const length of list(5).map((index) => 95 + index)) {
      const input = { when: `${'a'.repeat(length)}${'\u{1f600}'.repeat(10)}` };
      const run = await installation.api.run(workflow([{ id: 'a', action: 'delay', delayMs: '{{input.when}}' }]), { input });
      expect(run).toMatchObject({ status: 'failed', error: { name: 'Step.SchemaInvalid' } });
    }
  });
});

describe('a vendor', () => {
  it('that sends text which can not be stored is understood all the same', async () => {
    const [answered, refused] = await Promise.all([
      installation.api.run(workflow([ask('a', 'odd-answer')])),
      installation.api.run(workflow([ask('a', 'odd-refusal')])),
    ]);
    expect(answered).toMatchObject({ status: 'completed', output: 'a\ufffdb\ufffd', steps: [{ model: 'm\ufffd\ufffd' }] });
    expect(refused).toMatchObject({ status: 'failed', error: { name: 'Provider.InvalidRequest' } });
    expect(callsOf(installation.upstream, 'odd-answer')).toHaveLength(1);
  });

  it('that asks to come back in a million years is asked again within one', async () => {
    const jobId = await installation.api.submit(workflow([ask('a', 'odd-wish', { retry: { delayMs: 0 } })]));
    const job = await installation.api.jobWhen(jobId, ({ status }) => status === 'waiting');
    expect(Date.parse(job.steps[0]?.dueAt ?? '') - Date.now()).toBeLessThanOrEqual(31_536_000_000);
    await installation.api.cancel(jobId);
    await installation.api.finished(jobId);
  });
});

it('leaves nothing behind in the processes', async () => {
  const run = await installation.api.run(
    workflow([{ id: 'a', action: 'transform', set: '{{default input.polluted "clean"}}' }]),
    { input: {} },
  );
  expect(run.output).toBe('clean');
  for (const child of [...installation.workers, ...installation.apiProcesses]) {
    expect(child.hasExited).toBe(false);
    expect(child.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  }
});
