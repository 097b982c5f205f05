import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const secretBytes = 32;

/** A signing secret in the form of Standard Webhooks. */
export function newWebhookSecret(): string {
  return prefix + randomBytes(secretBytes).toString('base64');
}

/** What is signed, and how receivers get to know it. */
export interface SignedMessage {
  readonly eventId: string;
  /** Of the attempt, Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The three headers of Standard Webhooks 1.0, with one `v1` signature (HMAC-SHA256) per secret: a receiver that knows any of them can
 * verify.
 * @param secrets - `whsec_…`
 */
export function signatureHeaders(message: SignedMessage, secrets: readonly string[]): Readonly<Record<string, string>> {
  const { eventId, timestamp, body } = message;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${eventId}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': eventId, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}
