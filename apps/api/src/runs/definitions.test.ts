import type { JsonObject } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import type { ValidateWorkflow } from '../ports.ts';
import { createDefinitionCheck } from './definitions.ts';

function counting(): { validate: ValidateWorkflow; count: () => number } {
  let calls = 0;
  const validate: ValidateWorkflow = (document) => {
    calls += 1;
    const { name } = document as { name: string };
    if (name === 'bad') return { ok: false, issues: [{ pointer: '/name', code: 'invalid-format', message: 'bad' }] };
    return { ok: true, definition: { name, steps: [] }, plan: { timeoutMs: 5 }, warnings: [] };
  };
  return { validate, count: () => calls };
}

it('validates a definition once, however it is written, and a bad one each time', () => {
  const { validate, count } = counting();
  const check = createDefinitionCheck(validate);
  const first = check({ name: 'a', steps: [] });
  expect(check({ steps: [], name: 'a' })).toEqual(first);
  expect(count()).toBe(1);
  for (let times = 0; times < 2; times += 1) expect(check({ name: 'bad' }).ok).toBe(false);
  expect(count()).toBe(3);
});

it('remembers the 500 used last', () => {
  const { validate, count } = counting();
  const check = createDefinitionCheck(validate);
  const named = (index: number): JsonObject => ({ name: `w${index}` });
  for (let index = 0; index < 500; index += 1) check(named(index));
  check(named(0));
  check(named(500));
  check(named(0));
  expect(count()).toBe(501);
  check(named(1));
  expect(count()).toBe(502);
});
