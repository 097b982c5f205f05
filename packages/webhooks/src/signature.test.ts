import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newWebhookSecret, signatureHeaders } from './signature.ts';

const body = '{"type":"run.completed","data":{"name":"Ünï, \\"quoted\\""}}';
const message = () => ({ eventId: 'msg_1', timestamp: Math.floor(Date.now() / 1_000), body });

describe('signatureHeaders', () => {
  it('can be verified with any of the secrets, and no other', () => {
    const [one, two] = [newWebhookSecret(), newWebhookSecret()];
    const headers = signatureHeaders(message(), [one, two]);
    for (const secret of [one, two]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(newWebhookSecret()).verify(body, headers)).toThrow('No matching signature');
    expect(() => new Webhook(one).verify(`${body} `, headers)).toThrow('No matching signature');
    expect(() => new Webhook(one).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature');
  });

  it('is what the reference computes', () => {
    const secret = newWebhookSecret();
    const { timestamp } = message();
    const headers = signatureHeaders({ eventId: 'msg_1', timestamp, body }, [secret]);
    expect(headers['webhook-signature']).toBe(new Webhook(secret).sign('msg_1', new Date(timestamp * 1_000), body));
  });
});

describe('newWebhookSecret', () => {
  it('has 32 random bytes', () => {
    const secrets = new Set(Array.from({ length: 100 }, newWebhookSecret));
    expect(secrets.size).toBe(100);
    for (const secret of secrets) expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  });
});
