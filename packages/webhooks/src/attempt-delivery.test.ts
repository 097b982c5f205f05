import { randomBytes } from 'node:crypto';
import type { SafeFetchResult } from '@orchestrator/safe-fetch';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { attemptDelivery } from './attempt-delivery.ts';
import { standardSchedule } from './retry-schedule.ts';
import { createSecretBox, type SecretBox } from './secret-box.ts';
import { newWebhookSecret } from './signature.ts';
import { answered, createScriptedFetch } from './testing/scripted-fetch.ts';

const [newest, older] = [newWebhookSecret(), newWebhookSecret()];

async function attempt(
  result: SafeFetchResult,
  { number = 1, secrets = [newest, older], secretBox = createSecretBox(undefined) as SecretBox } = {},
) {
  const { fetch, sent } = createScriptedFetch(result);
  const delivery = {
    deliveryId: 'd1',
    endpointId: 'e1',
    eventId: 'msg_1',
    eventType: 'run.completed',
    attempt: number,
    url: 'https://receiver.example/hooks',
    secrets,
    payload: { data: { jobId: 'j' }, type: 'run.completed', version: 1, timestamp: '2026-12-01T00:00:00.000Z' },
  };
  const parts = {
    fetch,
    secretBox,
    clock: { nowMs: Date.now },
    random: () => 0,
    schedule: standardSchedule,
    signal: new AbortController().signal,
  };
  return { outcome: await attemptDelivery(delivery, parts), sent };
}

describe('attemptDelivery', () => {
  it('posts the signed event', async () => {
    const { outcome, sent } = await attempt(answered(202, {}, 'thanks'));
    expect(outcome).toEqual({ outcome: 'delivered', status: 202, latencyMs: expect.any(Number), response: 'thanks' });
    const [{ url, request } = { url: '', request: {} }] = sent;
    expect(url).toBe('https://receiver.example/hooks');
    expect(request.method).toBe('POST');
    expect(request.body).toBe('{"type":"run.completed","timestamp":"2026-12-01T00:00:00.000Z","data":{"jobId":"j"},"version":1}');
    for (const secret of [newest, older]) {
      expect(new Webhook(secret).verify(String(request.body), { ...request.headers })).toMatchObject({ type: 'run.completed' });
    }
  });

  it.each([200, 201, 204, 299])('is delivered by %i', async (status) => {
    expect((await attempt(answered(status))).outcome).toMatchObject({ outcome: 'delivered', status });
  });

  it.each([300, 301, 400, 404, 429, 500, 503])('is tried again after %i', async (status) => {
    expect((await attempt(answered(status))).outcome).toMatchObject({
      outcome: 'retry',
      retryInMs: 5_000,
      status,
      error: `The endpoint answered ${status}.`,
    });
  });

  it('goes on with the schedule until it is over', async () => {
    expect((await attempt(answered(500), { number: 9 })).outcome).toMatchObject({ outcome: 'retry', retryInMs: 86_400_000 });
    expect((await attempt(answered(500), { number: 10 })).outcome).toMatchObject({ outcome: 'failed', status: 500 });
  });

  it('ends at once when the endpoint is gone', async () => {
    expect((await attempt(answered(410))).outcome).toMatchObject({ outcome: 'failed', isGone: true, status: 410 });
  });

  it('does as an endpoint asks that is too busy, and as no other', async () => {
    const after = async (status: number) => (await attempt(answered(status, { 'retry-after': '600' }))).outcome;
    expect(await after(429)).toMatchObject({ retryInMs: 600_000 });
    expect(await after(503)).toMatchObject({ retryInMs: 600_000 });
    expect(await after(500)).toMatchObject({ retryInMs: 5_000 });
  });

  it('tells why no answer came', async () => {
    const failure = { code: 'private-address', message: 'The host is a private or reserved address.' } as const;
    const { outcome } = await attempt({ ok: false, failure });
    expect(outcome).toEqual({ outcome: 'retry', retryInMs: 5_000, error: failure.message, latencyMs: expect.any(Number) });
  });

  it('gives the attempt back when it was given up', async () => {
    const failure = { code: 'aborted', message: 'The request was aborted.' } as const;
    expect((await attempt({ ok: false, failure })).outcome).toEqual({ outcome: 'released' });
  });

  it('keeps the beginning of the answer, in a form that can be stored', async () => {
    const { outcome } = await attempt(answered(500, {}, `\u0000${'ü'.repeat(2_000)}`));
    expect(outcome).toMatchObject({ response: `\ufffd${'ü'.repeat(999)}` });
  });

  it('sends nothing that it can not sign', async () => {
    const key = randomBytes(32).toString('base64');
    const secrets = [createSecretBox(key).seal(newest, 'e1')];
    expect((await attempt(answered(200), { secrets, secretBox: createSecretBox(key) })).outcome).toMatchObject({
      outcome: 'delivered',
    });
    const { outcome, sent } = await attempt(answered(200), { secrets });
    expect(outcome).toMatchObject({ outcome: 'retry', error: expect.stringContaining('secret') });
    expect(sent).toEqual([]);
    expect((await attempt(answered(200), { secrets: [] })).outcome).toMatchObject({ outcome: 'retry' });
  });
});
