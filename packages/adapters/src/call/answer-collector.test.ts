import { describe, expect, it } from 'vitest';
import { UnusableAnswer } from '../failure/failure.ts';
import { createAnswerCollector } from './answer-collector.ts';

const piece = (index: number, argumentsDelta: string, first: { id?: string; name?: string } = {}) =>
  ({ type: 'tool-call', index, argumentsDelta, ...first }) as const;

describe('createAnswerCollector', () => {
  it('puts tool calls together in the order of their numbers, also when their pieces are mixed', () => {
    const collector = createAnswerCollector();
    const parts = [
      piece(1, '', { id: 'b', name: 'second' }),
      piece(0, '{"a"', { id: 'a', name: 'first' }),
      piece(1, '{}', { id: 'b', name: 'second' }),
      piece(0, ':1}'),
    ].flatMap((event) => collector.push(event));
    expect(parts).toEqual([
      piece(1, '', { id: 'b', name: 'second' }),
      piece(0, '{"a"', { id: 'a', name: 'first' }),
      piece(1, '{}'),
      piece(0, ':1}'),
    ]);
    expect(collector.answer()).toEqual({
      content: '',
      toolCalls: [
        { id: 'a', name: 'first', arguments: '{"a":1}' },
        { id: 'b', name: 'second', arguments: '{}' },
      ],
    });
  });

  it('keeps characters whole in all three kinds of pieces', () => {
    const collector = createAnswerCollector();
    const parts = ['😀'.charAt(0), '😀'.charAt(1)].flatMap((half) => [
      ...collector.push({ type: 'reasoning', text: half }),
      ...collector.push({ type: 'text', text: half }),
      ...collector.push(piece(0, half, { id: 'a', name: 'n' })),
    ]);
    expect(parts).toEqual([
      piece(0, '', { id: 'a', name: 'n' }),
      { type: 'reasoning', text: '😀' },
      { type: 'text', text: '😀' },
      piece(0, '😀'),
    ]);
    expect(collector.flush()).toEqual([]);
  });

  it('gives ids and arguments to calls that have none, and refuses a call of nothing', () => {
    const collector = createAnswerCollector();
    collector.push(piece(3, '', { name: 'find' }));
    expect(collector.answer().toolCalls).toEqual([{ id: 'call_3', name: 'find', arguments: '{}' }]);
    collector.push(piece(4, '{}', { id: 'x' }));
    expect(() => collector.answer()).toThrow(UnusableAnswer);
  });

  it('counts reasoning and tool calls as content, and empty texts not', () => {
    const collector = createAnswerCollector();
    collector.push({ type: 'text', text: '' });
    expect(collector.hasContent()).toBe(false);
    collector.push({ type: 'reasoning', text: 'hm' });
    expect(collector.hasContent()).toBe(true);
  });

  it('gives up on an answer that has no end', () => {
    const collector = createAnswerCollector();
    const text = 'x'.repeat(8 * 1024 * 1024);
    expect(() => {
      for (let count = 0; count < 9; count++) collector.push({ type: 'text', text });
    }).toThrow(UnusableAnswer);
  });
});
