import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecretBox } from './secret-box.ts';

const key = randomBytes(32).toString('base64');
const secret = 'whsec_c2VjcmV0';

describe('createSecretBox', () => {
  it('seals for one owner, differently each time', () => {
    const box = createSecretBox(key);
    const sealed = box.seal(secret, 'endpoint-1');
    expect(sealed).not.toContain('c2VjcmV0');
    expect(box.seal(secret, 'endpoint-1')).not.toBe(sealed);
    expect(box.open(sealed, 'endpoint-1')).toBe(secret);
    expect(box.open(sealed, 'endpoint-2')).toBeNull();
    expect(createSecretBox(key).open(sealed, 'endpoint-1')).toBe(secret);
  });

  it('opens nothing that was changed, or sealed with another key', () => {
    const sealed = createSecretBox(key).seal(secret, 'e');
    const bytes = Buffer.from(sealed.slice('sealed:v1:'.length), 'base64');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(createSecretBox(key).open(`sealed:v1:${changed.toString('base64')}`, 'e')).toBeNull();
    }
    expect(createSecretBox(randomBytes(32).toString('base64')).open(sealed, 'e')).toBeNull();
    expect(createSecretBox(undefined).open(sealed, 'e')).toBeNull();
    expect(createSecretBox(key).open('sealed:v1:', 'e')).toBeNull();
  });

  it('leaves secrets as they are without a key, and reads those later', () => {
    const stored = createSecretBox(undefined).seal(secret, 'e');
    expect(stored).toBe(secret);
    expect(createSecretBox(key).open(stored, 'e')).toBe(secret);
  });
});
