import { randomBytes, randomUUID } from 'node:crypto';
import {
  type WebhookDeliverySummaryView,
  type WebhookDeliveryView,
  type WebhookEndpointView,
  type WebhookWithSecret,
  webhookDeliverySchema,
  webhookEventSchema,
} from '@orchestrator/contracts';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failOnLeakedProcesses, spawnNode } from '../support/processes.ts';
import { startWebhookReceiver, verify, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type Installation, startInstallation } from './support/installation.ts';
import { readMetrics } from './support/metrics.ts';
import { workflow } from './support/workflows.ts';

failOnLeakedProcesses();

const env = {
  ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS: '127.0.0.1',
  ORCHESTRATOR_SECRET_KEY: randomBytes(32).toString('base64'),
};
const noop = workflow([{ id: 'a', action: 'noop' }]);

let installation: Installation;
let receiver: WebhookReceiver;
let database: Client;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  installation = await startInstallation({
    env: { ...env, ORCHESTRATOR_AUTO_APPROVE_THRESHOLD_USD: '0.0003' },
    script: {},
    keysOf: 'all',
  });
  database = new Client({ connectionString: installation.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await installation?.dispose();
  await receiver?.close();
});

interface Hook extends WebhookWithSecret {
  /** Of its URL, and of no other webhook. */
  readonly path: string;
}

async function createHook(fields: object = {}, of = installation): Promise<Hook> {
  const path = `/${randomUUID()}`;
  const answer = await of.api.post('/api/webhooks', { url: receiver.url(path), ...fields });
  expect(answer.body).toMatchObject({ status: 'enabled' });
  return { ...(answer.body as WebhookWithSecret), path };
}

const showHook = async ({ links }: Hook) => (await installation.api.get(links.self)).body as WebhookEndpointView;
const deleteHook = ({ links }: Hook) => installation.api.send('DELETE', links.self);
const post = (path: string, body?: object) => installation.api.send('POST', path, body === undefined ? {} : { body });

async function deliveriesOf({ links }: Hook, query = ''): Promise<readonly WebhookDeliverySummaryView[]> {
  const answer = await installation.api.get(`${links.deliveries}${query}`);
  expect(answer.status).toBe(200);
  return (answer.body as { deliveries: WebhookDeliverySummaryView[] }).deliveries;
}

/** Waits until the only delivery of a webhook is as wanted. */
async function deliveryWhen(hook: Hook, wanted: object): Promise<WebhookDeliveryView> {
  await expect.poll(() => deliveriesOf(hook), { timeout: 15_000, interval: 20 }).toMatchObject([wanted]);
  const [summary] = await deliveriesOf(hook);
  const answer = await installation.api.get(summary?.links.self ?? '');
  return webhookDeliverySchema.parse(answer.body);
}

/** Lets the pause before the next attempt pass, or the lease of one that is under way. */
async function letTimePass({ id }: Hook): Promise<void> {
  const { rowCount } = await database.query(
    `update ai_webhook_deliveries set next_attempt_at = now() where endpoint_id = $1 and status = 'pending'`,
    [id],
  );
  expect(rowCount).toBeGreaterThan(0);
}

describe('an event', () => {
  it('arrives about a second after the end of the run, signed', async () => {
    const hook = await createHook({ events: ['run.completed'] });
    const { runId } = await installation.api.run(noop, { userId: 'user-1' });
    const endedAtMs = Date.now();
    const [received] = await receiver.waitFor(hook.path, 1);
    if (received === undefined) throw new Error('nothing came');
    expect(received.atMs - endedAtMs).toBeLessThan(5_000);
    expect(verify(received, hook.secret)).toEqual(received.event);
    expect(() => verify(received, `whsec_${randomBytes(32).toString('base64')}`)).toThrow('No matching signature');
    expect(webhookEventSchema.parse(received.event)).toMatchObject({
      type: 'run.completed',
      version: 1,
      data: { jobId: runId, status: 'completed', userId: 'user-1', links: { job: `/api/jobs/${runId}` } },
    });
    const delivery = await deliveryWhen(hook, {
      status: 'delivered',
      attempts: 1,
      lastStatus: 204,
      jobId: runId,
      eventId: received.id,
    });
    expect(delivery.payload).toEqual(received.event);
    const { rows } = await database.query('select secrets::text as stored from ai_webhook_endpoints where id = $1', [hook.id]);
    expect(rows[0].stored).not.toContain(hook.secret);
    await deleteHook(hook);
  });

  it('is told to those who asked for it', async () => {
    const [all, failures, approvals] = [
      await createHook(),
      await createHook({ events: ['run.failed'] }),
      await createHook({ events: ['approval.requested', 'approval.decided'] }),
    ];
    const { api } = installation;
    const failed = await api.run(workflow([{ id: 'a', action: 'fail', error: 'Custom.Odd', message: 'No.' }]));
    const jobId = await api.submit(workflow([{ id: 'a', action: 'delay', delayMs: 60_000 }]));
    await api.jobWhen(jobId, ({ status }) => status === 'waiting');
    await api.cancel(jobId);
    const dear = { prompt: '[[dear]]', provider: 'openai', model: 'gpt-4o-mini', maxTokens: 1_000 };
    const { approval } = (await api.post('/api/ai/generate', dear)).body as { approval: { links: { approve: string } } };
    await post(approval.links.approve, { decidedBy: 'Ada' });
    const types = (hook: Hook) =>
      receiver
        .on(hook.path)
        .map(({ event }) => event.type)
        .sort();
    await receiver.waitFor(all.path, 5);
    await receiver.waitFor(approvals.path, 2);
    expect(types(all)).toEqual(['approval.decided', 'approval.requested', 'run.cancelled', 'run.completed', 'run.failed']);
    expect(types(failures)).toEqual(['run.failed']);
    expect(types(approvals)).toEqual(['approval.decided', 'approval.requested']);
    for (const { event } of receiver.on(all.path)) webhookEventSchema.parse(event);
    expect(receiver.on(failures.path)[0]?.event.data).toMatchObject({ jobId: failed.runId, error: { name: 'Custom.Odd' } });
    await Promise.all([all, failures, approvals].map(deleteHook));
  });

  it('is sent again until it is taken, under the same id', async () => {
    receiver.answer = (_, number) => (number < 3 ? 500 : 200);
    const hook = await createHook();
    await installation.api.run(noop);
    for (let attempt = 1; attempt < 3; attempt += 1) {
      await deliveryWhen(hook, {
        status: 'pending',
        attempts: attempt,
        lastStatus: 500,
        lastError: 'The endpoint answered 500.',
      });
      await letTimePass(hook);
    }
    await deliveryWhen(hook, { status: 'delivered', attempts: 3, lastStatus: 200 });
    const received = receiver.on(hook.path);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    for (const each of received) verify(each, hook.secret);
    receiver.answer = () => 204;
    await deleteHook(hook);
  });

  it('waits as long as the endpoint asks', async () => {
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': '3600' } });
    const hook = await createHook();
    await installation.api.run(noop);
    const { nextAttemptAt, lastAttemptAt } = await deliveryWhen(hook, { status: 'pending', attempts: 1, lastStatus: 429 });
    expect(Date.parse(nextAttemptAt ?? '') - Date.parse(lastAttemptAt ?? '')).toBeGreaterThanOrEqual(3_600_000);
    receiver.answer = () => 204;
    await deleteHook(hook);
  });

  it('needs no API', async () => {
    const own = await startInstallation({ env });
    try {
      const hook = await createHook({}, own);
      await own.api.submit(workflow([{ id: 'a', action: 'delay', delayMs: 1_000 }]));
      await own.apiProcesses[0]?.kill('SIGKILL');
      const [received] = await receiver.waitFor(hook.path, 1, 30_000);
      expect(received?.event.type).toBe('run.completed');
    } finally {
      await own.dispose();
    }
  });

  it('survives the worker that was sending it', async () => {
    const own = await startInstallation({ env });
    const admin = new Client({ connectionString: own.databaseUrl });
    await admin.connect();
    let next: ReturnType<typeof spawnNode> | undefined;
    try {
      const hook = await createHook({}, own);
      receiver.answer = (_, number) => (number === 1 ? 'hang' : 204);
      await own.api.run(noop);
      await receiver.waitFor(hook.path, 1);
      await own.worker.kill('SIGKILL');
      next = spawnNode({ entry: 'apps/worker/src/main.ts', env: { SUPABASE_DB_URL: own.databaseUrl, ...env } });
      await next.waitForLog((entry) => entry.msg === 'ready');
      // The lease of the dead worker ends.
      const { rowCount } = await admin.query(`update ai_webhook_deliveries set next_attempt_at = now() where status = 'pending'`);
      expect(rowCount).toBe(1);
      const received = await receiver.waitFor(hook.path, 2);
      expect(new Set(received.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
      for (const each of received) verify(each, hook.secret);
      const isStored = async () => (await admin.query('select status, attempts from ai_webhook_deliveries')).rows;
      await expect.poll(isStored, { timeout: 10_000 }).toEqual([{ status: 'delivered', attempts: 2 }]);
    } finally {
      receiver.answer = () => 204;
      await next?.kill();
      await admin.end();
      await own.dispose();
    }
  });

  it('is given back by a worker that is told to stop', async () => {
    const own = await startInstallation({ env: { ...env, ORCHESTRATOR_SHUTDOWN_MS: '200' } });
    const admin = new Client({ connectionString: own.databaseUrl });
    await admin.connect();
    try {
      const hook = await createHook({}, own);
      receiver.answer = () => 'hang';
      await own.api.run(noop);
      await receiver.waitFor(hook.path, 1);
      await own.worker.kill('SIGTERM');
      await own.worker.expectExit({ exitCode: 0 });
      const { rows } = await admin.query(
        'select status, attempts, next_attempt_at <= now() as "isDue" from ai_webhook_deliveries',
      );
      expect(rows).toEqual([{ status: 'pending', attempts: 0, isDue: true }]);
    } finally {
      receiver.answer = () => 204;
      await admin.end();
      await own.dispose();
    }
  });
});

describe('an endpoint', () => {
  it('that answers 410 is disabled, and gets nothing more', async () => {
    receiver.answer = () => 410;
    const hook = await createHook();
    await installation.api.run(noop);
    await deliveryWhen(hook, { status: 'failed', attempts: 1, lastStatus: 410 });
    expect(await showHook(hook)).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
    receiver.answer = () => 204;
    await installation.api.run(noop);
    const other = await createHook();
    await installation.api.run(noop);
    await receiver.waitFor(other.path, 1);
    expect(receiver.on(hook.path)).toHaveLength(1);
    expect((await post(`${hook.links.self}/test`)).status).toBe(409);
    await installation.api.send('PATCH', hook.links.self, { body: { status: 'enabled' } });
    await installation.api.run(noop);
    await receiver.waitFor(hook.path, 2);
    await Promise.all([hook, other].map(deleteHook));
  });

  it('that is disabled or deleted gets nothing that waits', async () => {
    receiver.answer = () => 500;
    const [disabled, deleted] = [await createHook(), await createHook()];
    await installation.api.run(noop);
    await receiver.waitFor(disabled.path, 1);
    await receiver.waitFor(deleted.path, 1);
    await installation.api.send('PATCH', disabled.links.self, { body: { status: 'disabled' } });
    expect((await deleteHook(deleted)).status).toBe(204);
    await deliveryWhen(disabled, { status: 'cancelled', attempts: 1 });
    expect((await installation.api.get(deleted.links.deliveries)).status).toBe(404);
    await expect
      .poll(
        async () => (await database.query('select status from ai_webhook_deliveries where endpoint_id = $1', [deleted.id])).rows,
      )
      .toEqual([{ status: 'cancelled' }]);
    expect(receiver.on(deleted.path)).toHaveLength(1);
    receiver.answer = () => 204;
    await deleteHook(disabled);
  });

  it('gets messages that both secrets verify after a rotation', async () => {
    const hook = await createHook();
    const rotated = (await post(`${hook.links.self}/rotate-secret`)).body as WebhookWithSecret;
    expect(Date.parse(rotated.previousSecretExpiresAt ?? '') - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect((await post(`${hook.links.self}/test`)).status).toBe(202);
    const [received] = await receiver.waitFor(hook.path, 1);
    if (received === undefined) throw new Error('nothing came');
    for (const secret of [hook.secret, rotated.secret]) expect(verify(received, secret)).toMatchObject({ type: 'webhook.test' });
    await database.query(`update ai_webhook_endpoints set secrets = jsonb_set(secrets, '{1,expiresAtMs}', '1') where id = $1`, [
      hook.id,
    ]);
    await post(`${hook.links.self}/test`);
    const [, later] = await receiver.waitFor(hook.path, 2);
    if (later === undefined) throw new Error('nothing came');
    verify(later, rotated.secret);
    expect(() => verify(later, hook.secret)).toThrow('No matching signature');
    await deleteHook(hook);
  });

  it('leads nowhere by redirects, and to no private address that is not allowed', async () => {
    const canary = await startWebhookReceiver();
    receiver.answer = () => ({ status: 307, headers: { location: canary.url('/inside') } });
    const hook = await createHook();
    await installation.api.run(noop);
    await deliveryWhen(hook, { status: 'pending', lastStatus: 307, lastError: 'The endpoint answered 307.' });
    // As if it had been created when more was allowed.
    const inside = `http://127.0.0.2:${canary.port}/`;
    await database.query('update ai_webhook_endpoints set url = $2 where id = $1', [hook.id, inside]);
    await letTimePass(hook);
    await deliveryWhen(hook, { status: 'pending', attempts: 2, lastError: 'The host is a private or reserved address.' });
    await database.query('update ai_webhook_endpoints set url = $2 where id = $1', [hook.id, 'https://nowhere.invalid/']);
    await letTimePass(hook);
    const last = await deliveryWhen(hook, { status: 'pending', attempts: 3, lastError: 'The host name has no address.' });
    expect(last).not.toHaveProperty('lastStatus');
    expect(canary.on('/inside')).toEqual([]);
    await canary.close();
    receiver.answer = () => 204;
    await deleteHook(hook);
  });

  it('that does not answer holds up no other', async () => {
    const [slow, quick] = [await createHook(), await createHook()];
    receiver.answer = ({ path }) => (path === slow.path ? 'hang' : 204);
    const runs = 20;
    await Promise.all(Array.from({ length: runs }, () => installation.api.run(noop)));
    await receiver.waitFor(quick.path, runs);
    const { webhooks } = (await readMetrics(installation.worker)) as unknown as {
      webhooks: { inFlight: number; delivered: number };
    };
    expect(webhooks.inFlight).toBeGreaterThan(0);
    expect(receiver.on(slow.path).length).toBeLessThanOrEqual(8);
    receiver.answer = () => 204;
    await Promise.all([slow, quick].map(deleteHook));
  });

  it('of another tenant is not there', async () => {
    const hook = await createHook();
    await database.query(`update ai_webhook_endpoints set tenant_id = 'other' where id = $1`, [hook.id]);
    const { self } = hook.links;
    expect((await installation.api.get(self)).status).toBe(404);
    expect((await installation.api.send('PATCH', self, { body: { status: 'disabled' } })).status).toBe(404);
    expect((await post(`${self}/rotate-secret`)).status).toBe(404);
    expect((await installation.api.get(hook.links.deliveries)).status).toBe(404);
    expect((await deleteHook(hook)).status).toBe(404);
    const { webhooks } = (await installation.api.get('/api/webhooks')).body as { webhooks: WebhookEndpointView[] };
    expect(webhooks.map(({ id }) => id)).not.toContain(hook.id);
    await installation.api.run(noop);
    expect((await database.query('select 1 from ai_webhook_deliveries where endpoint_id = $1', [hook.id])).rows).toEqual([]);
  });
});

describe('a replay', () => {
  it('sends one event again, as it was', async () => {
    const hook = await createHook();
    await installation.api.run(noop);
    const { links } = await deliveryWhen(hook, { status: 'delivered' });
    expect(await post(links.replay)).toMatchObject({ status: 202, body: { eventType: 'run.completed' } });
    const [first, again] = await receiver.waitFor(hook.path, 2);
    expect(again).toMatchObject({ id: first?.id, body: first?.body });
    await deliveryWhen(hook, { status: 'delivered', attempts: 1 });
    await deleteHook(hook);
  });

  it('sends what failed in a time again', async () => {
    receiver.answer = () => 500;
    const hook = await createHook();
    await Promise.all(Array.from({ length: 3 }, () => installation.api.run(noop)));
    await receiver.waitFor(hook.path, 3);
    // Their schedules are over.
    await expect.poll(async () => (await deliveriesOf(hook)).filter(({ lastStatus }) => lastStatus === 500)).toHaveLength(3);
    await database.query(`update ai_webhook_deliveries set attempts = 9, next_attempt_at = now() where endpoint_id = $1`, [
      hook.id,
    ]);
    await expect.poll(() => deliveriesOf(hook, '?status=failed'), { timeout: 15_000 }).toHaveLength(3);
    receiver.answer = () => 204;
    const from = new Date(Date.now() - 60_000).toISOString();
    const to = new Date(Date.now() + 60_000).toISOString();
    expect(await post(`${hook.links.self}/replay`, { from, to })).toMatchObject({
      status: 202,
      body: { replayed: 3, hasMore: false },
    });
    await expect.poll(() => deliveriesOf(hook, '?status=delivered'), { timeout: 15_000 }).toHaveLength(3);
    expect(new Set(receiver.on(hook.path).map(({ id }) => id)).size).toBe(3);
    const early = { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z', status: 'delivered' };
    expect((await post(`${hook.links.self}/replay`, early)).body).toEqual({ replayed: 0, hasMore: false });
    await deleteHook(hook);
  });
});
