import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

const key = 'a-key+with/odd$chars$&1234567890';

describe('redact', () => {
  it.each([
    [`Incorrect API key provided: ${key}.`, 'Incorrect API key provided: [redacted].'],
    ['Incorrect API key provided: sk-proj-****wxyz.', 'Incorrect API key provided: [redacted]'],
    ['header Bearer abcdefgh12345678 refused', 'header [redacted] refused'],
    ['bad \u0000 text \uD800', 'bad \uFFFD text \uFFFD'],
    ['a\n  b', 'a b'],
  ])('%j', (text, safe) => {
    expect(redact(text, key)).toBe(safe);
  });

  it('bounds the length without splitting a character', () => {
    const safe = redact('😀'.repeat(5000), undefined);
    expect(safe.length).toBeLessThan(700);
    expect(safe.isWellFormed()).toBe(true);
  });
});
