import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Keeps secrets as the database is to see them. */
export interface SecretBox {
  /** @param owner - id of what the secret belongs to: it opens for nothing else */
  seal(secret: string, owner: string): string;
  /** Null when it was sealed with another key, for another owner, or there is no key. */
  open(stored: string, owner: string): string | null;
}

const prefix = 'sealed:v1:';
const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Without a key secrets are stored as they are. Those that were stored before there was a key stay readable; what is sealed needs
 * its key for ever.
 * @param key - 32 bytes in base64
 */
export function createSecretBox(key: string | undefined): SecretBox {
  const keyBytes = key === undefined ? undefined : Buffer.from(key, 'base64');
  return {
    seal(secret, owner) {
      if (keyBytes === undefined) return secret;
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, keyBytes, iv).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return prefix + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(stored, owner) {
      if (!stored.startsWith(prefix)) return stored;
      if (keyBytes === undefined) return null;
      const bytes = Buffer.from(stored.slice(prefix.length), 'base64');
      try {
        const decipher = createDecipheriv(algorithm, keyBytes, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
          .setAAD(Buffer.from(owner))
          .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
