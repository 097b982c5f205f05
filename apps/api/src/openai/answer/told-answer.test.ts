import type { ModelPart } from '@orchestrator/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyAnswer, partsOf, tell } from '../testing/answers.ts';
import { createToldAnswer } from './told-answer.ts';

const call = (index: number, rest: object): ModelPart => ({ type: 'tool-call', index, argumentsDelta: '', ...rest });

describe('what is told of an answer', () => {
  it('is all of it, whatever part of it came in pieces', () => {
    fc.assert(
      fc.property(anyAnswer, fc.infiniteStream(fc.nat(9)), fc.nat(40), (answer, cuts, toldParts) => {
        const told = createToldAnswer({ isParallel: true });
        const pieces = partsOf(answer, cuts).slice(0, toldParts);
        const heard = tell([...pieces.flatMap((piece) => told.read(piece)), ...told.rest(answer)]);
        expect(heard).toEqual({ text: answer.content, reasoning: answer.reasoning, toolCalls: answer.toolCalls });
        expect(told.isEmpty).toBe(pieces.length === 0);
      }),
    );
  });

  it('numbers tool calls from 0 and names each with its first piece', () => {
    const told = createToldAnswer({ isParallel: true });
    expect(told.read(call(3, { argumentsDelta: '{"a"' }))).toEqual([]);
    expect(told.isEmpty).toBe(true);
    expect(told.read(call(3, { id: 'x' }))).toEqual([]);
    expect(told.read(call(3, { name: 'f', argumentsDelta: ':1' }))).toEqual([
      call(0, { id: 'x', name: 'f', argumentsDelta: '{"a":1' }),
    ]);
    expect(told.isEmpty).toBe(false);
    expect(told.read(call(3, { argumentsDelta: '}' }))).toEqual([call(0, { argumentsDelta: '}' })]);
    expect(told.read(call(5, { id: 'y', name: 'g' }))).toEqual([call(1, { id: 'y', name: 'g' })]);
    expect(told.read(call(5, { argumentsDelta: '' }))).toEqual([]);
  });

  it('is the first of several tool calls where a client wants one at a time', () => {
    const told = createToldAnswer({ isParallel: false });
    expect(told.read(call(0, { id: 'x', name: 'f' }))).toHaveLength(1);
    expect(told.read(call(1, { id: 'y', name: 'g' }))).toEqual([]);
    expect(told.read(call(1, { argumentsDelta: '{}' }))).toEqual([]);
    expect(told.read(call(0, { argumentsDelta: '{}' }))).toHaveLength(1);
  });

  it('completes arguments that were told as nothing', () => {
    const told = createToldAnswer({ isParallel: true });
    told.read(call(0, { id: 'x', name: 'f' }));
    const [answer] = fc.sample(anyAnswer, 1);
    if (answer === undefined) throw new Error('no answer');
    const rest = told.rest({ ...answer, content: '', reasoning: '', toolCalls: [{ id: 'x', name: 'f', arguments: '{}' }] });
    expect(rest).toEqual([call(0, { argumentsDelta: '{}' })]);
  });
});
