import { expect, it } from 'vitest';
import { setBounded } from './bounded-map.ts';

it('forgets the oldest of too many entries', () => {
  const map = new Map<string, number>();
  for (let entry = 0; entry < 1_001; entry++) setBounded(map, `model-${entry}`, entry);
  expect(map.size).toBe(1_000);
  expect(map.has('model-0')).toBe(false);
  setBounded(map, 'model-1', -1);
  expect(map.get('model-1')).toBe(-1);
  expect(map.size).toBe(1_000);
});
