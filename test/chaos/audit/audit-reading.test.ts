import type { LiveEvent, StepRecord } from '@orchestrator/contracts';
import { expect, it } from 'vitest';
import { auditReading } from './audit-reading.ts';
import type { EventFacts } from './facts.ts';

const runId = 'run-1';
type Told = readonly [id: string, type: LiveEvent['type'], text?: string];

function live([id, type, text]: Told): LiveEvent {
  const [epoch, seq] = id.split('-').map(Number);
  const step = type === 'token' || type === 'restart' ? { stepId: 'draft', attempt: 1, text } : {};
  return { type, epoch, seq, ...step } as unknown as LiveEvent;
}

/** A worker told up to 1-5 and stored up to 1-3; the next one took over. */
const stored: readonly Told[] = [
  ['0-1', 'run-accepted'],
  ['1-2', 'run-started'],
  ['1-3', 'token', 'ab'],
  ['2-4', 'run-resumed'],
  ['2-5', 'restart'],
  ['2-6', 'token', 'abc'],
  ['2-7', 'run-completed'],
];
const facts = {
  events: stored.map((told): EventFacts => {
    const { epoch, seq, type } = live(told);
    return { runId, epoch, seq, type, data: type === 'run-resumed' ? { isTakeover: true } : {}, atMs: 0 };
  }),
  steps: [{ runId, status: 'completed', record: { path: 'draft', action: 'generate', output: 'abc' } as StepRecord }],
};
const audit = (told: readonly Told[]) => auditReading({ runId, connections: 1, events: told.map(live) }, facts);
const without = (id: string) => stored.filter(([each]) => each !== id);
const after = (id: string, ...more: readonly Told[]) => stored.flatMap((told) => (told[0] === id ? [told, ...more] : [told]));

it('finds nothing wrong with who got all that is stored', () => {
  expect(audit(stored)).toEqual({ violations: [], voidEvents: 0 });
});

it('accepts what a lost worker told and could not store', () => {
  expect(audit(after('1-3', ['1-4', 'token', 'c'], ['1-5', 'token', 'd']))).toEqual({ violations: [], voidEvents: 2 });
});

it.each<[string, readonly Told[], RegExp]>([
  ['an event that is missing', without('2-4'), /missed 2-4/],
  ['an event that came twice', after('1-3', ['1-3', 'token', 'ab']), /got 1-3 after 1-3/],
  ['events in disorder', [...without('1-3').slice(0, 4), ['1-3', 'token', 'ab'], ...without('1-3').slice(4)], /got 1-3 after/],
  ['an event of a lease that was not lost', after('2-7', ['2-8', 'token', 'x']), /no lost worker can have told/],
  [
    'an event between stored ones of a lost lease',
    [['0-1', 'run-accepted'], ['1-1', 'token', ''], ...stored.slice(1)],
    /1-1, which no lost/,
  ],
  [
    'another type than is stored',
    stored.map((told): Told => (told[0] === '1-2' ? ['1-2', 'restart'] : told)),
    /other events as 1-2/,
  ],
  ['an end too early', stored.slice(0, -1), /ended with 2-6/],
  ['a restart that was missed', without('2-5'), /another answer of step draft/],
])('finds %s', (_, told, violation) => {
  expect(audit(told).violations.join('\n')).toMatch(violation);
});
