import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { encodeCursor, parseCursor } from './cursor.ts';

it('gives back what it was made of', () => {
  for (const id of [randomUUID(), '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
    expect(encodeCursor(id)).toMatch(/^[\w-]{22}$/);
    expect(parseCursor(encodeCursor(id))).toBe(id);
  }
});

it('refuses what it can not have made', () => {
  const cursor = encodeCursor(randomUUID());
  // The last one has bits that no encoder sets.
  for (const text of [
    '',
    'x',
    randomUUID(),
    `${cursor}A`,
    cursor.slice(1),
    `${cursor}==`,
    `${cursor.slice(0, 21)}!`,
    `${'A'.repeat(21)}B`,
  ]) {
    expect(() => parseCursor(text), text).toThrowError(
      expect.objectContaining({
        code: 'validation-failed',
        details: { issues: [expect.objectContaining({ pointer: '/cursor' })] },
      }),
    );
  }
});
