import { describe, expect, it } from 'vitest';
import { createArgumentsReader, readArguments } from './tool-arguments.ts';

const pieces: readonly (readonly [readonly string[], string])[] = [
  [['{"q"', ':1}'], '{"q":1}'],
  [['', '{}'], '{}'],
  [['null'], '{}'],
  [['nu', 'll'], '{}'],
  [[], '{}'],
  [['n', 'ope'], 'nope'],
  [[' ', '{"a":null}'], ' {"a":null}'],
];

describe('arguments of a tool call', () => {
  it.each(pieces)('%j are %s, in pieces and whole', (deltas, whole) => {
    const reader = createArgumentsReader();
    expect(deltas.map((delta) => reader.push(delta)).join('') + reader.flush()).toBe(whole);
    expect(readArguments(deltas.join(''))).toBe(whole);
  });
});
