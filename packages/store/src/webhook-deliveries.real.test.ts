import type { ClaimedDelivery, DeliveryOutcome } from '@orchestrator/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';
import { createWebhookWorld, type WebhookWorld } from './testing/webhook-fixtures.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const hourMs = 3_600_000;
const nowMs = async () => (await fixture.store.ping()).nowMs;

function complete({ deliveryId, endpointId, attempt }: ClaimedDelivery, outcome: DeliveryOutcome) {
  return fixture.store.completeWebhookDelivery({ deliveryId, endpointId, attempt, ...outcome });
}

const delivered = { outcome: 'delivered', status: 200, latencyMs: 12, response: 'ok' } as const;
const retry = { outcome: 'retry', retryInMs: hourMs, status: 500, error: 'It answered 500.', latencyMs: 3 } as const;
const failed = { outcome: 'failed', status: 500, error: 'It answered 500.', latencyMs: 3 } as const;

async function claimOne(world: WebhookWorld): Promise<ClaimedDelivery> {
  const [claimed, ...others] = await world.claimAll();
  if (claimed === undefined || others.length > 0) throw new Error('not exactly one delivery is due');
  return claimed;
}

async function withOne(): Promise<{ world: WebhookWorld; endpointId: string; runId: string; claimed: ClaimedDelivery }> {
  const world = createWebhookWorld(fixture);
  const { id: endpointId } = await world.endpoint({ secret: 'one' });
  const runId = await world.endRun();
  return { world, endpointId, runId, claimed: await claimOne(world) };
}

describe('a delivery', () => {
  it('is leased to one worker, and to another when that one is silent', async () => {
    const { world, runId, endpointId, claimed } = await withOne();
    expect(claimed).toMatchObject({
      endpointId,
      runId,
      attempt: 1,
      eventType: 'run.completed',
      url: 'https://receiver.example/hooks',
      secrets: ['one'],
      payload: { type: 'run.completed' },
    });
    expect(await world.claimAll()).toEqual([]);
    await world.makeDue();
    const second = await claimOne(world);
    expect(second).toEqual({ ...claimed, attempt: 2 });
    // The first one comes back: its result is void.
    await complete(claimed, failed);
    expect(await world.rows('status, attempts')).toEqual([{ status: 'pending', attempts: 2 }]);
    await complete(second, delivered);
    await complete(second, failed);
    const record = await fixture.store.getWebhookDelivery({
      tenantId: world.tenantId,
      endpointId,
      deliveryId: claimed.deliveryId,
    });
    expect(record).toMatchObject({
      status: 'delivered',
      attempts: 2,
      lastStatus: 200,
      lastLatencyMs: 12,
      lastResponse: 'ok',
      runId,
    });
    expect(record).not.toHaveProperty('lastError');
    expect(record?.deliveredAtMs).toBeGreaterThan(0);
    expect(record).not.toHaveProperty('nextAttemptAtMs');
  });

  it('waits for its next attempt by the clock of the database', async () => {
    const { world, claimed } = await withOne();
    const beforeMs = await nowMs();
    await complete(claimed, retry);
    const [row] = await world.rows<{ next_attempt_at: Date }>('next_attempt_at');
    expect((row?.next_attempt_at.getTime() ?? 0) - beforeMs - hourMs).toBeGreaterThanOrEqual(0);
    expect((row?.next_attempt_at.getTime() ?? 0) - (await nowMs()) - hourMs).toBeLessThanOrEqual(0);
    expect(await world.claimAll()).toEqual([]);
    await world.makeDue();
    expect(await claimOne(world)).toMatchObject({ attempt: 2 });
  });

  it('that is given back counts as not begun and is due at once', async () => {
    const { world, claimed } = await withOne();
    await complete(claimed, { outcome: 'released' });
    expect(await claimOne(world)).toEqual(claimed);
  });

  it('is claimed once by many at the same moment', async () => {
    const world = createWebhookWorld(fixture);
    for (let index = 0; index < 3; index += 1) await world.endpoint();
    await Promise.all(Array.from({ length: 20 }, () => world.endRun()));
    const stores = Array.from({ length: 4 }, () => fixture.anotherStore());
    const claims = await Promise.all(
      stores.flatMap((store) =>
        Array.from({ length: 5 }, () => store.claimWebhookDeliveries({ limit: 7, perEndpoint: 5, leaseMs: 60_000, busy: [] })),
      ),
    );
    const ids = claims.flat().map(({ deliveryId }) => deliveryId);
    expect(new Set(ids).size).toBe(ids.length);
    const rest = await world.claimAll();
    expect(ids.length + rest.length).toBe(60);
  });
});

describe('a claim', () => {
  it('takes no more of an endpoint than it is told, and no endpoint hides another', async () => {
    const world = createWebhookWorld(fixture);
    const slow = await world.endpoint();
    await Promise.all(Array.from({ length: 30 }, () => world.endRun()));
    const quick = await world.endpoint();
    await world.endRun();
    const claim = (busy: { endpointId: string; inFlight: number }[], limit = 100) =>
      fixture.store.claimWebhookDeliveries({ limit, perEndpoint: 4, leaseMs: 60_000, busy });
    const count = (claimed: readonly ClaimedDelivery[], id: string) =>
      claimed.filter(({ endpointId }) => endpointId === id).length;
    const first = await claim([], 3);
    expect([count(first, slow.id), count(first, quick.id)]).toEqual([2, 1]);
    const second = await claim([{ endpointId: slow.id, inFlight: 2 }]);
    expect([count(second, slow.id), count(second, quick.id)]).toEqual([2, 0]);
    expect(await claim([{ endpointId: slow.id, inFlight: 4 }])).toEqual([]);
    expect(await claim([{ endpointId: slow.id, inFlight: 9 }])).toEqual([]);
    expect(await claim([{ endpointId: slow.id, inFlight: 3 }])).toHaveLength(1);
    await world.claimAll();
  });

  it('cancels what waits for an endpoint that is disabled, step by step', async () => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    const { id: endpointId } = await world.endpoint();
    await world.endRun();
    await fixture.admin.query(
      `insert into ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, payload, next_attempt_at)
       select uuid_at(now(), gen_random_uuid()), $1, $2, 'msg_' || i, 'run.completed', '{}', now() + interval '1 day'
       from generate_series(1, 600) i`,
      [tenantId, endpointId],
    );
    const claimed = await claimOne(world);
    await fixture.store.updateWebhookEndpoint({ tenantId, endpointId }, { status: 'disabled' });
    const pending = async () => (await world.rows<{ status: string }>('status')).filter((row) => row.status === 'pending').length;
    expect(await world.claimAll()).toEqual([]);
    expect(await pending()).toBe(101);
    await world.claimAll();
    expect(await pending()).toBe(0);
    // It was under way, and the endpoint has it.
    await complete(claimed, delivered);
    const record = await fixture.store.getWebhookDelivery({ tenantId, endpointId, deliveryId: claimed.deliveryId });
    expect(record).toMatchObject({ status: 'delivered' });
  });

  it('does not bring back what was cancelled', async () => {
    const { world, endpointId, claimed } = await withOne();
    await fixture.store.updateWebhookEndpoint({ tenantId: world.tenantId, endpointId }, { status: 'disabled' });
    await world.claimAll();
    await complete(claimed, retry);
    expect(await world.rows('status, next_attempt_at')).toEqual([{ status: 'cancelled', next_attempt_at: null }]);
  });
});

describe('an endpoint', () => {
  const endpointOf = (world: WebhookWorld, endpointId: string) =>
    fixture.store.getWebhookEndpoint({ tenantId: world.tenantId, endpointId });

  it('that is gone is disabled at once', async () => {
    const { world, endpointId, claimed } = await withOne();
    expect(await complete(claimed, { ...failed, status: 410, isGone: true })).toEqual({ endpointId, reason: 'gone' });
    expect(await endpointOf(world, endpointId)).toMatchObject({ status: 'disabled', disabledReason: 'gone' });
    expect(await world.rows('status, last_status')).toEqual([{ status: 'failed', last_status: 410 }]);
  });

  it('that only fails is disabled after five days, and not before', async () => {
    const { world, endpointId, claimed } = await withOne();
    const fail = async (attempt: ClaimedDelivery, sinceDays: number) => {
      await fixture.admin.query(
        `update ai_webhook_endpoints set failing_since = now() - make_interval(secs => $2) where id = $1`,
        [endpointId, sinceDays * 86_400],
      );
      return complete(attempt, retry);
    };
    expect(await complete(claimed, retry)).toBeNull();
    expect(await endpointOf(world, endpointId)).toMatchObject({ status: 'enabled', failingSinceMs: expect.any(Number) });
    await world.makeDue();
    expect(await fail(await claimOne(world), 4.9)).toBeNull();
    await world.makeDue();
    expect(await fail(await claimOne(world), 5.1)).toEqual({ endpointId, reason: 'failing' });
    expect(await endpointOf(world, endpointId)).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
  });

  it('that takes one event again is no longer failing', async () => {
    const { world, endpointId, claimed } = await withOne();
    await complete(claimed, retry);
    await world.makeDue();
    await complete(await claimOne(world), delivered);
    expect(await endpointOf(world, endpointId)).not.toHaveProperty('failingSinceMs');
  });

  it('is judged once by results that come together', async () => {
    const world = createWebhookWorld(fixture);
    const { id: endpointId } = await world.endpoint();
    await Promise.all(Array.from({ length: 8 }, () => world.endRun()));
    const claims = await world.claimAll();
    await Promise.all(claims.map((claim, index) => complete(claim, index === 3 ? delivered : retry)));
    expect(await endpointOf(world, endpointId)).toMatchObject({ status: 'enabled' });
    await world.makeDue();
    const again = await world.claimAll();
    const answers = await Promise.all(again.map((claim) => complete(claim, { ...failed, status: 410, isGone: true })));
    expect(answers.filter((answer) => answer !== null)).toEqual([{ endpointId, reason: 'gone' }]);
  });
});

describe('the log', () => {
  it('is listed newest first, by status, page by page', async () => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    const { id: endpointId } = await world.endpoint();
    for (let index = 0; index < 5; index += 1) await world.endRun();
    const ids = (await world.rows<{ id: string }>('id')).map(({ id }) => id).reverse();
    const claims = await world.claimAll();
    await Promise.all(claims.filter(({ deliveryId }) => ids.indexOf(deliveryId) > 2).map((claim) => complete(claim, delivered)));
    const list = async (query: object) => {
      const page = await fixture.store.listWebhookDeliveries({ tenantId, endpointId, limit: 2, ...query });
      return { ids: page?.deliveries.map(({ id }) => id), nextCursor: page?.nextCursor };
    };
    expect(await list({})).toEqual({ ids: ids.slice(0, 2), nextCursor: ids[1] });
    expect(await list({ cursor: ids[1] })).toEqual({ ids: ids.slice(2, 4), nextCursor: ids[3] });
    expect(await list({ cursor: ids[3] })).toEqual({ ids: ids.slice(4), nextCursor: undefined });
    expect(await list({ status: 'delivered', limit: 5 })).toEqual({ ids: ids.slice(3), nextCursor: undefined });
    expect(await list({ status: 'pending', limit: 5 })).toEqual({ ids: ids.slice(0, 3), nextCursor: undefined });
    expect(await list({ cursor: 'no-uuid' })).toEqual({ ids: [], nextCursor: undefined });
    const page = await fixture.store.listWebhookDeliveries({ tenantId, endpointId, limit: 1 });
    expect(page?.deliveries[0]).not.toHaveProperty('payload');
  });

  it('shows a test that somebody asked for, whatever the filter says', async () => {
    const world = createWebhookWorld(fixture);
    const { tenantId } = world;
    const { id: endpointId } = await world.endpoint({ events: ['run.failed'] });
    const ref = { tenantId, endpointId };
    const test = await fixture.store.sendWebhookTest({ ...ref, eventId: 'msg_test' });
    expect(test).toMatchObject({
      eventId: 'msg_test',
      eventType: 'webhook.test',
      status: 'pending',
      payload: { type: 'webhook.test' },
    });
    expect(await fixture.store.sendWebhookTest({ ...ref, eventId: 'msg_test' })).toEqual(test);
    expect(await claimOne(world)).toMatchObject({ eventId: 'msg_test' });
    await fixture.store.updateWebhookEndpoint(ref, { status: 'disabled' });
    expect(await fixture.store.sendWebhookTest({ ...ref, eventId: 'msg_other' })).toBeNull();
  });

  it('is replayed one by one under the same event id, also while the schedule goes on', async () => {
    const { world, endpointId, claimed } = await withOne();
    const ref = { tenantId: world.tenantId, endpointId };
    const { deliveryId } = claimed;
    await complete(claimed, delivered);
    expect(await fixture.store.replayWebhookDeliveries(ref, { deliveryId })).toMatchObject({
      status: 'replayed',
      replayed: 1,
      hasMore: false,
    });
    const again = await claimOne(world);
    expect(again).toEqual(claimed);
    await complete(again, retry);
    await fixture.store.replayWebhookDeliveries(ref, { deliveryId });
    expect(await claimOne(world)).toEqual(claimed);
    expect(await fixture.store.replayWebhookDeliveries(ref, { deliveryId: endpointId })).toEqual({ status: 'not-found' });
    await fixture.store.updateWebhookEndpoint(ref, { status: 'disabled' });
    expect(await fixture.store.replayWebhookDeliveries(ref, { deliveryId })).toEqual({ status: 'disabled' });
  });

  it('is replayed by time and status, oldest first and so many at a time', async () => {
    const world = createWebhookWorld(fixture);
    const { id: endpointId } = await world.endpoint();
    const ref = { tenantId: world.tenantId, endpointId };
    for (let index = 0; index < 6; index += 1) await world.endRun();
    const claims = await world.claimAll();
    await Promise.all(claims.map((claim) => complete(claim, failed)));
    // One hour apart each, the youngest now.
    const times = await fixture.admin.query<{ id: string; at: Date }>(
      `with numbered as (select id, row_number() over (order by id desc) - 1 as n from ai_webhook_deliveries where tenant_id = $1)
       update ai_webhook_deliveries d set id = uuid_at(d.created_at - make_interval(hours => n::int), gen_random_uuid()),
         created_at = d.created_at - make_interval(hours => n::int)
       from numbered where d.id = numbered.id returning d.id, d.created_at as at`,
      [world.tenantId],
    );
    const oldest = times.sort((a, b) => a.at.getTime() - b.at.getTime());
    const at = (index: number) => oldest[index]?.at.getTime() ?? 0;
    const replay = (changes: object = {}) =>
      fixture.store.replayWebhookDeliveries(ref, { fromMs: at(1), toMs: at(5), status: 'failed', limit: 3, ...changes });
    expect(await replay({ status: 'delivered' })).toEqual({ status: 'replayed', replayed: 0, hasMore: false });
    const first = await replay();
    expect(first).toMatchObject({ status: 'replayed', replayed: 3, hasMore: true });
    expect(Math.abs((first as { lastCreatedAtMs: number }).lastCreatedAtMs - at(3))).toBeLessThanOrEqual(1);
    expect(await replay()).toMatchObject({ replayed: 1, hasMore: false });
    expect(await replay()).toMatchObject({ replayed: 0, hasMore: false });
    expect((await world.rows<{ status: string }>('status')).map(({ status }) => status)).toEqual([
      'failed',
      ...Array(4).fill('pending'),
      'failed',
    ]);
    await world.claimAll();
  });

  it('ends after 30 days', async () => {
    const { world, endpointId } = await withOne();
    await fixture.admin.query(
      `insert into ai_webhook_deliveries (id, tenant_id, endpoint_id, event_id, event_type, payload, status, next_attempt_at)
       select uuid_at(now() - make_interval(days => i), gen_random_uuid()), $1, $2, 'old ' || i, 'run.completed', '{}', 'delivered', null
       from generate_series(28, 33) i`,
      [world.tenantId, endpointId],
    );
    expect(await fixture.store.purgeWebhookDeliveries(2)).toEqual({ deleted: 2 });
    expect(await fixture.store.purgeWebhookDeliveries(100)).toEqual({ deleted: 2 });
    expect(await world.rows('event_id')).toHaveLength(3);
  });
});
