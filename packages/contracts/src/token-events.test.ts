import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ModelPart } from './model.ts';
import type { RunEvent } from './run.ts';
import { packTokens, readTokenPart, tokenData, unpackTokens } from './token-events.ts';

const part: fc.Arbitrary<ModelPart> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string() }),
  fc.record({ type: fc.constant('reasoning' as const), text: fc.string() }),
  fc.record(
    {
      type: fc.constant('tool-call' as const),
      index: fc.nat(3),
      id: fc.string(),
      name: fc.string(),
      argumentsDelta: fc.string(),
    },
    { requiredKeys: ['type', 'index', 'argumentsDelta'] },
  ),
);

const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path: fc.constantFrom('a', 'b'), attempt: fc.integer({ min: 1, max: 2 }), part }) },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Events of one commit, numbered without gaps. */
const commit = fc
  .record({ first: fc.nat(1_000), happenings: fc.array(happening, { maxLength: 30 }) })
  .map(({ first, happenings }) =>
    happenings.map((each, index): RunEvent => {
      const seq = first + index + 1;
      if (each === null) return { seq, type: 'step-completed', data: { path: 'a' }, atMs: seq };
      return { seq, type: 'token', data: tokenData(each.path, each.attempt, each.part), atMs: seq };
    }),
  );

const facts = ({ seq, type, data }: RunEvent) => ({ seq, type, data });
const placeOf = ({ data }: RunEvent) => `${data.path} ${data.attempt}`;

it('unpacks what it packs, also after a way through JSON', () => {
  fc.assert(
    fc.property(commit, (events) => {
      const stored = JSON.parse(JSON.stringify(packTokens(events))) as RunEvent[];
      const unpacked = stored.flatMap((event) => unpackTokens({ ...event, epoch: 3 }));
      expect(unpacked.map(facts)).toEqual(events.map(facts));
      for (const event of unpacked) expect(event.epoch).toBe(3);
    }),
    { numRuns: 500 },
  );
});

it('puts neighbours of one attempt into one row, and only those', () => {
  fc.assert(
    fc.property(commit, (events) => {
      const rows = packTokens(events);
      const turns = events.filter((event, index) => {
        const before = events[index - 1];
        return event.type !== 'token' || before?.type !== 'token' || placeOf(before) !== placeOf(event);
      });
      expect(rows.map(({ type }) => type)).toEqual(turns.map(({ type }) => type));
      // Numbered by its last piece, which also says when.
      for (const [index, row] of rows.entries()) {
        const end = (turns[index + 1]?.seq ?? (events.at(-1)?.seq ?? 0) + 1) - 1;
        expect([row.seq, row.atMs]).toEqual([end, end]);
      }
    }),
    { numRuns: 500 },
  );
});

it('gives readers exactly one of text, reasoning and tool call', () => {
  fc.assert(
    fc.property(part, (piece) => {
      const { part: stored } = tokenData('a', 1, piece);
      const { type, ...rest } = piece;
      const expected =
        type === 'text' ? { text: piece.text } : type === 'reasoning' ? { reasoning: piece.text } : { toolCall: rest };
      expect(readTokenPart(stored ?? null)).toEqual(expected);
    }),
  );
});
