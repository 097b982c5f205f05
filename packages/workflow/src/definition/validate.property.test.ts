import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileWorkflow } from './compile.ts';
import type { PlannedStep, Target, WorkflowPlan } from './plan.ts';
import { validateWorkflow } from './validate.ts';

const ids = ['a', 'b', 'c', 'my-step', 'list', 'default'];
const target = fc.constantFrom(...ids, 'end', 'fail', 'nobody');
const template = fc.constantFrom(
  'text',
  '{{input.x}}',
  '{{a.output}} {{steps.b.status}}',
  '{{default input.y "z"}}',
  '{{#each input.l}}{{this}}{{/each}}',
  '{{',
  '{{nobody.output}}',
);
const condition = fc.constantFrom(
  'input.n > 1',
  '{{input.flag}}',
  'a.status == "completed"',
  'has(steps["my-step"].output)',
  '1 +',
  'nobody.x',
);
const retry = fc.record(
  {
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    backoff: fc.constantFrom('fixed', 'exponential'),
    retryOn: fc.constant(['Provider.*']),
  },
  { requiredKeys: [] },
);

const base = {
  id: fc.constantFrom(...ids),
  when: condition,
  onSuccess: target,
  onFailure: target,
  retry,
  timeoutMs: fc.constantFrom(1, 1_000),
};
const step = fc.oneof(
  fc.record(
    {
      ...base,
      action: fc.constant('generate'),
      input: fc.record({ prompt: template, maxTokens: fc.constantFrom(5, '{{input.n}}') }, { requiredKeys: ['prompt'] }),
    },
    { requiredKeys: ['id', 'action', 'input'] },
  ),
  fc.record(
    { ...base, action: fc.constant('delay'), delayMs: fc.constantFrom(1, '{{input.n}}') },
    { requiredKeys: ['id', 'action', 'delayMs'] },
  ),
  fc.record(
    { ...base, action: fc.constant('transform'), set: fc.oneof(template, fc.jsonValue(), fc.array(template)) },
    { requiredKeys: ['id', 'action', 'set'] },
  ),
  fc.record({ ...base, action: fc.constant('fail'), message: template }, { requiredKeys: ['id', 'action'] }),
  fc.record({ ...base, action: fc.constant('noop') }, { requiredKeys: ['id', 'action'] }),
);
/** Often valid: distinct ids, targets further down, expressions that compile. */
const likelyWorkflow = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => ({
  name: 'w',
  steps: steps.map(({ onSuccess, onFailure, when, ...rest }, index) => {
    const later = (name: string | undefined) =>
      name === undefined || index === steps.length - 1 ? {} : { to: ids[index + 1] ?? 'end' };
    const success = forward(later(onSuccess), onSuccess);
    const failure = forward(later(onFailure), onFailure);
    const isBroken = when === undefined || when === '1 +' || when === 'nobody.x';
    return {
      ...rest,
      id: ids[index],
      ...(success !== null && { onSuccess: success }),
      ...(failure !== null && { onFailure: failure }),
      ...(!isBroken && { when }),
    };
  }),
}));

function forward({ to }: { readonly to?: string }, wanted: string | undefined): string | null {
  return wanted === 'end' || wanted === 'fail' ? wanted : (to ?? null);
}

const anyWorkflow = fc.record(
  {
    name: fc.constant('w'),
    defaults: fc.record({ retry, provider: fc.constant('p') }, { requiredKeys: [] }),
    steps: fc.array(step, { maxLength: 5 }),
  },
  { requiredKeys: ['name', 'steps'] },
);

interface Mutation {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'add';
  readonly value: unknown;
  readonly key: string;
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(40),
  kind: fc.constantFrom('replace', 'remove', 'add'),
  value: fc.oneof(fc.jsonValue(), fc.constantFrom('', 0, -1, 1e21, 'a', '{{', 'generate', null, [], {})),
  key: fc.oneof(fc.string(), fc.constantFrom('x-y', 'id', 'when', 'input', 'steps', '__proto__', 'constructor', 'a/b~c')),
});

/** Changes one place of a document; places are numbered in the order of a walk. */
function mutate(document: JsonValue, { at, kind, value, key }: Mutation): JsonValue {
  let place = at;
  const walk = (current: JsonValue): JsonValue => {
    place -= 1;
    if (place === -1 && kind === 'replace') return value as JsonValue;
    if (typeof current !== 'object' || current === null) return current;
    if (Array.isArray(current)) return current.map(walk);
    const isHere = place === -1;
    const fields = Object.entries(current).map(([name, part]) => [name, walk(part)] as const);
    if (isHere && kind === 'add') return Object.fromEntries([...fields, [key, value as JsonValue]]);
    return Object.fromEntries(isHere && kind === 'remove' ? fields.slice(1) : fields);
  };
  return walk(document);
}

/** A pointer names a place of the document, or a field that its object lacks. */
function expectPointer(document: unknown, pointer: string): void {
  let value = document;
  const tokens = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (const [index, token] of tokens.entries()) {
    expect(typeof value === 'object' && value !== null, `${pointer} leads through no object`).toBe(true);
    const exists = Object.hasOwn(value as object, token);
    expect(exists || index === tokens.length - 1, `${pointer} leads nowhere`).toBe(true);
    value = exists ? (value as JsonObject)[token] : undefined;
  }
}

/** Every way through a plan ends, at steps that exist. */
function expectSoundPlan({ entry, steps }: WorkflowPlan): void {
  const longest = new Map<string, number>();
  const follow = (next: Target | null, depth: number): void => {
    if (next?.type !== 'step') return;
    expect(depth).toBeLessThanOrEqual(steps.size);
    if ((longest.get(next.id) ?? 0) >= depth) return;
    longest.set(next.id, depth);
    const found: PlannedStep | undefined = steps.get(next.id);
    if (found === undefined) throw new Error(`no step ${next.id}`);
    follow(found.next.onSuccess, depth + 1);
    follow(found.next.onFailure, depth + 1);
  };
  follow({ type: 'step', id: entry }, 1);
}

function expectConsistent(document: unknown): void {
  const before = JSON.stringify(document);
  const result = validateWorkflow(document);
  expect(JSON.stringify(document)).toBe(before);
  if (!result.ok) {
    expect(result.issues.length).toBeGreaterThan(0);
    for (const { pointer } of result.issues) expectPointer(document, pointer);
    expect(() => compileWorkflow(document)).toThrow('rules');
    return;
  }
  for (const { pointer } of result.warnings) expectPointer(document, pointer);
  expect(JSON.parse(JSON.stringify(result.definition))).toEqual(JSON.parse(before));
  expectSoundPlan(result.plan);
  expect(flowOf(compileWorkflow(result.definition))).toEqual(flowOf(result.plan));
}

function flowOf({ steps, entry }: WorkflowPlan): unknown {
  return [entry, ...[...steps.values()].map(({ id, next, retry: policy, timeoutMs }) => ({ id, next, policy, timeoutMs }))];
}

describe('validation of', () => {
  it.each<[string, fc.Arbitrary<unknown>, number]>([
    ['any JSON', fc.jsonValue(), 250],
    [
      'any object with steps',
      fc.record({ name: fc.jsonValue(), steps: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())) }),
      250,
    ],
    ['anything like a workflow', fc.oneof(likelyWorkflow, anyWorkflow), 400],
    [
      'a workflow with mutations',
      fc
        .tuple(likelyWorkflow, fc.array(mutation, { minLength: 1, maxLength: 4 }))
        .map(([workflow, mutations]) => mutations.reduce(mutate, workflow as JsonValue)),
      600,
    ],
  ])('%s never throws, points into the document, and agrees with the compiler', (_, document, numRuns) => {
    fc.assert(fc.property(document, expectConsistent), { seed: 11, numRuns });
  });

  it('accepts a fair share of what is like a workflow, so that the property above means something', () => {
    const accepted = fc.sample(likelyWorkflow, { seed: 11, numRuns: 500 }).filter((document) => validateWorkflow(document).ok);
    expect(accepted.length).toBeGreaterThan(50);
  });
});
