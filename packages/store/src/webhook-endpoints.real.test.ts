import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRpc, type Rpc } from './create-rpc.ts';
import { createStoreFixture, type StoreFixture } from './testing/store-fixture.ts';
import { createWebhookWorld, newEndpoint } from './testing/webhook-fixtures.ts';
import { createWebhookEndpoints } from './webhook-endpoints.ts';

let fixture: StoreFixture;
beforeAll(async () => {
  fixture = await createStoreFixture();
});
afterAll(async () => {
  await fixture.close();
});

const dayMs = 86_400_000;

describe('an endpoint', () => {
  it('is created once, listed newest first, and seen by its tenant only', async () => {
    const { store } = fixture;
    const { tenantId, endpoint } = createWebhookWorld(fixture);
    const first = await endpoint({ description: 'billing' });
    const asked = newEndpoint({ tenantId, events: ['run.failed', 'run.completed'] });
    const created = await store.createWebhookEndpoint(asked);
    expect(await store.createWebhookEndpoint({ ...asked, url: 'https://other.example/' })).toEqual(created);
    const { secret: _, ...shown } = asked;
    expect(created).toEqual({ ...shown, status: 'enabled', createdAtMs: expect.any(Number), updatedAtMs: expect.any(Number) });
    expect(await store.listWebhookEndpoints(tenantId)).toEqual([created, first]);
    expect(await store.getWebhookEndpoint({ tenantId, endpointId: asked.id })).toEqual(created);
    const stranger = { tenantId: 'other', endpointId: asked.id };
    expect(await store.getWebhookEndpoint(stranger)).toBeNull();
    expect(await store.updateWebhookEndpoint(stranger, { status: 'disabled' })).toBeNull();
    expect(await store.rotateWebhookSecret({ ...stranger, secret: 's', overlapMs: dayMs })).toBeNull();
    expect(await store.deleteWebhookEndpoint(stranger)).toBe(false);
    expect(await store.sendWebhookTest({ ...stranger, eventId: 'msg_1' })).toBeNull();
    expect(await store.listWebhookDeliveries({ ...stranger, limit: 5 })).toBeNull();
    expect(await store.replayWebhookDeliveries(stranger, { deliveryId: randomUUID() })).toEqual({ status: 'not-found' });
    expect(await store.getWebhookEndpoint({ tenantId, endpointId: 'no-uuid' })).toBeNull();
    expect(await store.listWebhookEndpoints('other')).toEqual([]);
  });

  it('is one of a hundred at most, also when many are created at once', async () => {
    const { store } = fixture;
    const { tenantId } = createWebhookWorld(fixture);
    const created = await Promise.all(Array.from({ length: 110 }, () => store.createWebhookEndpoint(newEndpoint({ tenantId }))));
    expect(created.filter((each) => each !== null)).toHaveLength(100);
    const [endpoint] = created;
    await store.deleteWebhookEndpoint({ tenantId, endpointId: endpoint?.id ?? '' });
    expect(await store.createWebhookEndpoint(newEndpoint({ tenantId }))).not.toBeNull();
  });

  it('changes only what is said', async () => {
    const { store } = fixture;
    const { tenantId, endpoint } = createWebhookWorld(fixture);
    const { id, ...before } = await endpoint({ description: 'billing' });
    const ref = { tenantId, endpointId: id };
    expect(await store.updateWebhookEndpoint(ref, { url: 'https://new.example/' })).toMatchObject({
      ...before,
      url: 'https://new.example/',
      updatedAtMs: expect.any(Number),
    });
    expect(await store.updateWebhookEndpoint(ref, { events: ['run.failed'] })).toMatchObject({
      events: ['run.failed'],
      description: 'billing',
    });
    expect(await store.updateWebhookEndpoint(ref, { description: null })).not.toHaveProperty('description');
    expect(await store.updateWebhookEndpoint(ref, { status: 'disabled' })).toMatchObject({
      status: 'disabled',
      disabledReason: 'user',
    });
    await fixture.admin.query('update ai_webhook_endpoints set failing_since = now() where id = $1', [id]);
    const enabled = await store.updateWebhookEndpoint(ref, { status: 'enabled' });
    expect(enabled).toMatchObject({ status: 'enabled' });
    expect(enabled).not.toHaveProperty('disabledReason');
    expect(enabled).not.toHaveProperty('failingSinceMs');
  });

  it('is hidden once it is deleted, and its secrets are gone', async () => {
    const { store } = fixture;
    const { tenantId, endpoint, endRun, rows } = createWebhookWorld(fixture);
    const { id: endpointId } = await endpoint();
    await endRun();
    const [delivery] = await rows<{ id: string }>('id');
    const ref = { tenantId, endpointId };
    expect(await store.deleteWebhookEndpoint(ref)).toBe(true);
    expect(await store.deleteWebhookEndpoint(ref)).toBe(false);
    expect(await store.getWebhookEndpoint(ref)).toBeNull();
    expect(await store.listWebhookEndpoints(tenantId)).toEqual([]);
    expect(await store.updateWebhookEndpoint(ref, { status: 'enabled' })).toBeNull();
    expect(await store.getWebhookDelivery({ ...ref, deliveryId: delivery?.id ?? '' })).toBeNull();
    expect(await fixture.admin.query('select status, secrets from ai_webhook_endpoints where id = $1', [endpointId])).toEqual([
      { status: 'deleted', secrets: [] },
    ]);
  });
});

describe('a secret', () => {
  it('is followed by another and stays valid for the overlap', async () => {
    const { store } = fixture;
    const { tenantId, endpoint, endRun, claimAll, makeDue } = createWebhookWorld(fixture);
    const { id: endpointId } = await endpoint({ secret: 'one' });
    await endRun();
    const secrets = async () => {
      await makeDue();
      return (await claimAll())[0]?.secrets;
    };
    expect(await secrets()).toEqual(['one']);
    const rotate = (secret: string) => store.rotateWebhookSecret({ tenantId, endpointId, secret, overlapMs: dayMs });
    const rotated = await rotate('two');
    expect(rotated?.endpoint).toMatchObject({ id: endpointId });
    expect((rotated?.previousExpiresAtMs ?? 0) - (rotated?.endpoint.updatedAtMs ?? 0)).toBe(dayMs);
    expect(await rotate('two')).toEqual(rotated);
    expect(await secrets()).toEqual(['two', 'one']);
    await rotate('three');
    await rotate('four');
    expect(await secrets()).toEqual(['four', 'three', 'two']);
    // The day has passed for what was there before the last rotation.
    await fixture.admin.query(
      `update ai_webhook_endpoints set secrets = jsonb_set(secrets, '{1,expiresAtMs}', '1') where id = $1`,
      [endpointId],
    );
    expect(await secrets()).toEqual(['four', 'two']);
    await rotate('five');
    expect(await secrets()).toEqual(['five', 'four']);
  });

  it('is the same after a call whose answer was lost', async () => {
    const { tenantId, endpoint } = createWebhookWorld(fixture);
    const { id: endpointId } = await endpoint({ secret: 'one' });
    const direct = createRpc({ type: 'postgres', url: fixture.database.url, poolSize: 1 });
    const repeating: Rpc = {
      ...direct,
      async call(name, payload) {
        await direct.call(name, payload);
        return direct.call(name, payload);
      },
    };
    await createWebhookEndpoints(repeating).rotateWebhookSecret({ tenantId, endpointId, secret: 'two', overlapMs: dayMs });
    await direct.close();
    const [row] = await fixture.admin.query<{ secrets: { value: string }[] }>(
      'select secrets from ai_webhook_endpoints where id = $1',
      [endpointId],
    );
    expect(row?.secrets.map(({ value }) => value)).toEqual(['two', 'one']);
  });
});
