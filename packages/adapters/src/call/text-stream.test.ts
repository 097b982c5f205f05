import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextCollector } from './text-stream.ts';

describe('createTextCollector', () => {
  it('keeps any well-formed text intact, wherever the vendor cuts it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(50)), (text, cuts) => {
        const collector = createTextCollector();
        const points = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const deltas = points.slice(1).map((end, index) => text.slice(points[index], end));
        const emitted = [...deltas.map((delta) => collector.push(delta)), collector.flush()];
        expect(emitted.join('')).toBe(text.replaceAll('\u0000', '\uFFFD'));
        expect(emitted.every((delta) => delta.isWellFormed())).toBe(true);
        expect(collector.text()).toBe(emitted.join(''));
      }),
    );
  });

  it('makes a half that never gets its other half storable', () => {
    const collector = createTextCollector();
    expect([collector.push('a\uD83D'), collector.push('b'), collector.push('\uD83D'), collector.flush()]).toEqual([
      'a',
      '\uFFFDb',
      '',
      '\uFFFD',
    ]);
  });
});
