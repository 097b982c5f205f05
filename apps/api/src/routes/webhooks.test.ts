import { randomBytes } from 'node:crypto';
import {
  webhookDeliveryListSchema,
  webhookDeliverySchema,
  webhookListSchema,
  webhookWithSecretSchema,
} from '@orchestrator/contracts';
import { createSafeFetch } from '@orchestrator/safe-fetch';
import { createSecretBox, createWebhookUrlCheck } from '@orchestrator/webhooks';
import { describe, expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { issuesOf, startApi, type TestApi } from '../testing/start-api.ts';

const url = 'https://receiver.example/hooks';
const unknownId = '0190a000-0000-7000-8000-0000000000ff';

async function created(test: TestApi, body: object = { url }) {
  const answer = await test.post('/api/webhooks', body);
  expect(answer.status).toBe(201);
  return { ...(answer.body as unknown as { id: string; secret: string }), path: `/api/webhooks/${answer.body.id}`, answer };
}

describe('creating a webhook', () => {
  it('shows its secret this once', async () => {
    await using test = await startApi();
    const { id, secret, path, answer } = await created(test, {
      url: 'HTTPS://Receiver.example:443/hooks',
      description: 'billing',
    });
    expect(answer.headers.get('location')).toBe(path);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const view = {
      id,
      url,
      description: 'billing',
      events: ['*'],
      status: 'enabled',
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      links: { self: path, deliveries: `${path}/deliveries` },
    };
    expect(answer.body).toEqual({ ...view, secret });
    expect(webhookWithSecretSchema.parse(answer.body)).toEqual(answer.body);
    expect((await test.get(path)).body).toEqual(view);
    const list = (await test.get('/api/webhooks')).body;
    expect(list).toEqual({ webhooks: [view] });
    expect(webhookListSchema.parse(list)).toEqual(list);
  });

  it('stores the secret sealed where there is a key', async () => {
    const secretBox = createSecretBox(randomBytes(32).toString('base64'));
    await using test = await startApi({ secretBox });
    const { id, secret } = await created(test);
    const [stored = ''] = test.store.webhooks.secrets.get(id) ?? [];
    expect(stored).not.toContain(secret);
    expect(secretBox.open(stored, id)).toBe(secret);
  });

  it('shows it again to a repetition under the same key, which the store keeps sealed', async () => {
    const secretBox = createSecretBox(randomBytes(32).toString('base64'));
    await using test = await startApi({ secretBox });
    const key = { 'idempotency-key': 'hook-1' };
    const first = await test.post('/api/webhooks', { url }, key);
    const again = await test.post('/api/webhooks', { url }, key);
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    const { id, secret } = first.body as unknown as { id: string; secret: string };
    expect(JSON.stringify([...test.store.replies.values()])).not.toContain(secret);

    const rotate = { 'idempotency-key': 'rotation-1' };
    const rotations = [await test.send('POST', `/api/webhooks/${id}/rotate-secret`, { headers: rotate })];
    rotations.push(await test.send('POST', `/api/webhooks/${id}/rotate-secret`, { headers: rotate }));
    expect(rotations[1]?.body).toEqual(rotations[0]?.body);
    expect(test.store.webhooks.secrets.get(id)).toHaveLength(2);
    expect((await test.get('/api/webhooks')).body).toMatchObject({ webhooks: [{ id }] });
  });

  it('says so when the kept answer can no longer be opened', async () => {
    await using test = await startApi();
    const key = { 'idempotency-key': 'hook-1' };
    await test.post('/api/webhooks', { url }, key);
    const [kept] = test.store.replies.values();
    if (kept?.reply !== undefined) kept.reply = { ...kept.reply, body: 'sealed:v1:AAAA' };
    expect((await test.post('/api/webhooks', { url }, key)).body).toMatchObject({ code: 'conflict', status: 409 });
  });

  it('tells all that is wrong at once', async () => {
    await using test = await startApi();
    const answer = await test.post('/api/webhooks', {
      url: 'http://example.com/',
      events: ['run.complete', 'run.completed', 'approval.decide', 'nonsense', 7],
      description: '',
      secret: 'mine',
    });
    expect(answer.status).toBe(422);
    expect(issuesOf(answer.body)).toEqual([
      '/description out-of-range',
      '/events/0 unknown-event-type',
      '/events/2 unknown-event-type',
      '/events/3 unknown-event-type',
      '/events/4 wrong-type',
      '/secret unknown-field',
      '/url plain-http',
    ]);
    const messages = new Map(answer.body.errors.map(({ pointer, message }) => [pointer, message]));
    expect(messages.get('/events/0')).toContain('Did you mean "run.completed"?');
    expect(messages.get('/events/2')).toContain('Did you mean "approval.decided"?');
    expect(messages.get('/events/3')).toContain('There are run.completed, ');
  });

  it.each([
    [{}, '/url required'],
    [{ url: 1 }, '/url wrong-type'],
    [{ url: '' }, '/url out-of-range'],
    [{ url, events: [] }, '/events out-of-range'],
    [{ url, events: 'run.failed' }, '/events wrong-type'],
    [{ url: 'nonsense' }, '/url invalid-url'],
    [{ url: 'ftp://example.com/' }, '/url forbidden-scheme'],
    [{ url: 'https://user:password@example.com/' }, '/url credentials-in-url'],
    [{ url: 'https://example.com:6379/' }, undefined],
    [{ url: 'https://example.com:22/' }, '/url forbidden-port'],
    [{ url: 'https://127.0.0.1/' }, '/url private-address'],
    [{ url: 'https://0x7f.1/' }, '/url private-address'],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, '/url private-address'],
    [{ url: 'https://169.254.169.254/latest/meta-data' }, '/url private-address'],
    [{ url: 'https://localhost/' }, '/url private-address'],
  ])('takes %j: %s', async (body, issue) => {
    await using test = await startApi();
    const answer = await test.post('/api/webhooks', body);
    expect(answer.status).toBe(issue === undefined ? 201 : 422);
    if (issue !== undefined) expect(issuesOf(answer.body)).toEqual([issue]);
  });

  it.each([[[]], [null], ['text'], [1]])('takes no %j for a body', async (body) => {
    await using test = await startApi();
    expect((await test.send('POST', '/api/webhooks', { body: JSON.stringify(body) })).status).toBe(422);
  });

  it('makes exceptions for hosts that the operator allows', async () => {
    await using test = await startApi({ checkWebhookUrl: createWebhookUrlCheck(['127.0.0.1', 'receiver.internal']) });
    expect((await test.post('/api/webhooks', { url: 'http://127.0.0.1:9000/' })).status).toBe(201);
    expect((await test.post('/api/webhooks', { url: 'http://receiver.internal/' })).status).toBe(201);
    expect((await test.post('/api/webhooks', { url: 'http://127.0.0.2/' })).status).toBe(422);
  });

  it('ends when there are as many as there may be', async () => {
    await using test = await startApi();
    test.store.webhooks.maxEndpoints = 1;
    await created(test);
    expect(await test.post('/api/webhooks', { url })).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });
});

describe('changing a webhook', () => {
  it('leaves alone what is not said', async () => {
    await using test = await startApi();
    const { path } = await created(test, { url, description: 'billing', events: ['run.failed'] });
    const patch = async (body: object) => (await test.send('PATCH', path, { body })).body;
    expect(await patch({ url: 'https://NEW.example' })).toMatchObject({ url: 'https://new.example/', events: ['run.failed'] });
    expect(await patch({ events: ['*'] })).toMatchObject({ url: 'https://new.example/', description: 'billing', events: ['*'] });
    expect(await patch({ description: null })).not.toHaveProperty('description');
    expect(await patch({ status: 'disabled' })).toMatchObject({ status: 'disabled', disabledReason: 'user' });
    expect(await patch({ status: 'enabled' })).not.toHaveProperty('disabledReason');
  });

  it('refuses what makes no sense', async () => {
    await using test = await startApi();
    const { path } = await created(test);
    const issues = async (body: object) => issuesOf((await test.send('PATCH', path, { body })).body);
    expect(await issues({})).toEqual([' invalid']);
    expect(await issues({ url: 'https://10.0.0.1/', status: 'deleted', events: ['run.compleeted'] })).toEqual([
      '/events/0 unknown-event-type',
      '/status not-allowed',
      '/url private-address',
    ]);
    expect(await issues({ url: null })).toEqual(['/url wrong-type']);
  });

  it('gives it a new secret and says how long the old one lives', async () => {
    await using test = await startApi();
    const { id, secret, path } = await created(test);
    const answer = await test.send('POST', `${path}/rotate-secret`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      id,
      secret: expect.stringMatching(/^whsec_/),
      previousSecretExpiresAt: expect.any(String),
    });
    expect(test.store.webhooks.secrets.get(id)).toEqual([secret, answer.body.secret]);
  });

  it('ends with deleting it', async () => {
    await using test = await startApi();
    const { path } = await created(test);
    const answer = await test.send('DELETE', path);
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    expect((await test.get(path)).status).toBe(404);
    expect((await test.send('DELETE', path)).status).toBe(404);
  });
});

describe('deliveries', () => {
  it('are listed, shown and made again', async () => {
    await using test = await startApi();
    const { path } = await created(test);
    const answer = await test.send('POST', `${path}/test`);
    expect(answer.status).toBe(202);
    const { id } = answer.body as unknown as { id: string };
    const self = `${path}/deliveries/${id}`;
    expect(answer.headers.get('location')).toBe(self);
    expect(answer.body).toMatchObject({
      eventId: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      eventType: 'webhook.test',
      status: 'pending',
      payload: { type: 'webhook.test', version: 1 },
      links: { self, webhook: path, replay: `${self}/replay` },
    });
    const [delivery] = test.store.webhooks.deliveries;
    if (delivery === undefined) throw new Error('no delivery');
    test.store.webhooks.deliveries[0] = {
      ...delivery,
      status: 'failed',
      attempts: 10,
      lastStatus: 500,
      lastError: 'The endpoint answered 500.',
      lastResponse: 'no',
    };
    const list = await test.get(`${path}/deliveries?status=failed&limit=1`);
    expect(list.body).toMatchObject({
      deliveries: [{ id, attempts: 10, lastStatus: 500, lastError: 'The endpoint answered 500.' }],
    });
    expect(list.body).not.toHaveProperty('deliveries.0.payload');
    expect(webhookDeliveryListSchema.parse(list.body)).toEqual(list.body);
    const shown = (await test.get(self)).body;
    expect(shown).toMatchObject({ id, lastResponse: 'no', payload: { type: 'webhook.test' } });
    expect(webhookDeliverySchema.parse(shown)).toEqual(shown);
    expect((await test.get(`${path}/deliveries?status=delivered`)).body).toEqual({ deliveries: [] });

    const replayed = await test.send('POST', `${self}/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { id, status: 'pending', attempts: 0 } });
  });

  it('are made again by time', async () => {
    await using test = await startApi();
    const { id, path } = await created(test);
    const day = (date: number) => `2026-12-0${date}T00:00:00Z`;
    const record = { endpointId: id, eventType: 'run.failed', attempts: 10, payload: {}, status: 'failed' as const };
    for (const date of [1, 2, 3, 4]) {
      test.store.webhooks.deliveries.unshift({
        ...record,
        id: `0190a000-0000-7000-8000-00000000000${date}`,
        eventId: `msg_${date}`,
        createdAtMs: Date.parse(day(date)),
      });
    }
    const answer = await test.post(`${path}/replay`, { from: day(2), to: '2026-12-04T00:00:00+00:00' });
    expect(answer).toMatchObject({ status: 202, body: { replayed: 2, hasMore: false } });
    expect(test.store.webhooks.deliveries.map(({ status }) => status)).toEqual(['failed', 'pending', 'pending', 'failed']);
    expect((await test.post(`${path}/replay`, { from: day(1), to: day(9), status: 'delivered' })).body).toEqual({
      replayed: 0,
      hasMore: false,
    });
  });

  it('say where to go on when there are too many', async () => {
    await using test = await startApi();
    const { id, path } = await created(test);
    for (let index = 0; index < 1_001; index += 1) {
      const suffix = index.toString(16).padStart(12, '0');
      test.store.webhooks.deliveries.unshift({
        id: `0190a000-0000-7000-8000-${suffix}`,
        endpointId: id,
        eventId: `msg_${index}`,
        eventType: 'run.failed',
        status: 'failed',
        attempts: 10,
        payload: {},
        createdAtMs: 1_700_000_000_000 + index * 1_000,
      });
    }
    const range = { from: '2023-01-01T00:00:00Z', to: '2024-01-01T00:00:00Z' };
    const first = await test.post(`${path}/replay`, range);
    expect(first.body).toEqual({ replayed: 1_000, hasMore: true, nextFrom: new Date(1_700_000_999_000).toISOString() });
    expect((await test.post(`${path}/replay`, range)).body).toEqual({ replayed: 1, hasMore: false });
  });

  it('need a range that is one', async () => {
    await using test = await startApi();
    const { path } = await created(test);
    const issues = async (body: object) => issuesOf((await test.post(`${path}/replay`, body)).body);
    expect(await issues({})).toEqual(['/from required', '/to required']);
    expect(await issues({ from: 'yesterday', to: '2026-12-01', status: 'pending', all: true })).toEqual([
      '/all unknown-field',
      '/from wrong-format',
      '/status not-allowed',
      '/to wrong-format',
    ]);
    expect(await issues({ from: '2026-12-02T00:00:00Z', to: '2026-12-02T00:00:00Z' })).toEqual(['/to invalid']);
    expect(issuesOf((await test.get(`${path}/deliveries?status=open&limit=0&cursor=x&page=2`)).body)).toEqual([
      '/cursor wrong-format',
      '/limit out-of-range',
      '/page unknown-parameter',
      '/status not-allowed',
    ]);
  });

  it('are not asked for while the webhook is disabled', async () => {
    await using test = await startApi();
    const { path } = await created(test);
    const { id } = (await test.send('POST', `${path}/test`)).body as unknown as { id: string };
    await test.send('PATCH', path, { body: { status: 'disabled' } });
    const range = { from: '2026-12-01T00:00:00Z', to: '2026-12-02T00:00:00Z' };
    for (const answer of [
      await test.send('POST', `${path}/test`),
      await test.send('POST', `${path}/deliveries/${id}/replay`),
      await test.post(`${path}/replay`, range),
    ])
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'conflict', detail: 'The webhook is disabled: enable it first.' },
      });
  });
});

it('does not know webhooks and deliveries that are not there', async () => {
  await using test = await startApi();
  const { path } = await created(test);
  const range = { from: '2026-12-01T00:00:00Z', to: '2026-12-02T00:00:00Z' };
  for (const id of ['x', unknownId]) {
    const unknown = `/api/webhooks/${id}`;
    const calls: [string, string, unknown?][] = [
      ['GET', unknown],
      ['PATCH', unknown, { status: 'disabled' }],
      ['DELETE', unknown],
      ['POST', `${unknown}/rotate-secret`],
      ['POST', `${unknown}/test`],
      ['GET', `${unknown}/deliveries`],
      ['GET', `${unknown}/deliveries/${unknownId}`],
      ['POST', `${unknown}/deliveries/${unknownId}/replay`],
      ['POST', `${unknown}/replay`, range],
      ['GET', `${path}/deliveries/${id}`],
      ['POST', `${path}/deliveries/${id}/replay`],
    ];
    for (const [method, target, body] of calls) {
      const answer = await test.send(method, target, body === undefined ? {} : { body });
      expect(answer, `${method} ${target}`).toMatchObject({ status: 404, body: { code: 'not-found' } });
    }
  }
  test.store.failure = storeDown;
  expect((await test.get('/api/webhooks')).status).toBe(503);
});

it('judges a URL by the rules of its deliveries', async () => {
  const check = createWebhookUrlCheck([]);
  const fetch = createSafeFetch({ requiresHttps: true, resolve: async () => ['127.0.0.1'] });
  for (const text of ['http://example.com/', 'https://127.1/', 'https://example.com:25/']) {
    const verdict = check(text);
    const result = await fetch(text);
    expect(verdict.ok || result.ok || verdict.failure).toEqual(result.ok || result.failure);
  }
});
