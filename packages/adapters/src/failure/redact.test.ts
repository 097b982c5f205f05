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
    ['can’t ask http://user:p@ss@127.0.0.1:9/v1?a=b@c', 'can’t ask http://[redacted]@127.0.0.1:9/v1?a=b@c'],
    [`${' '.repeat(19_990)}${key}`, '[redacted]'],
  ])('%j', (text, safe) => {
    expect(redact(text, key)).toBe(safe);
  });

  it('takes no longer for a long run of letters than for other text', () => {
    const startedAt = performance.now();
    for (const text of ['A', '.', 'a*', 'sk-', '://']) redact(text.repeat(20_000), key);
    // A tenth of that; it was seconds when every letter could begin a masked key.
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('bounds the length without splitting a character', () => {
    const safe = redact('😀'.repeat(5000), undefined);
    expect(safe.length).toBeLessThan(700);
    expect(safe.isWellFormed()).toBe(true);
  });
});
