import { describe, expect, it, onTestFinished } from 'vitest';
import { createDeliverer, type DelivererOptions } from './create-deliverer.ts';
import { createSecretBox } from './secret-box.ts';
import { createManualClock, settle } from './testing/manual-clock.ts';
import { createMemoryStore } from './testing/memory-store.ts';
import { answered, createScriptedFetch } from './testing/scripted-fetch.ts';

function start(options: DelivererOptions = {}, first: Parameters<typeof createScriptedFetch>[0] = answered(204)) {
  const clock = createManualClock();
  const store = createMemoryStore(clock);
  const requests = createScriptedFetch(first);
  const logged: string[] = [];
  const log = {
    debug: () => {},
    warn: (_: object, sentence: string) => logged.push(sentence),
    error: (_: object, sentence: string) => logged.push(sentence),
  };
  const deliverer = createDeliverer(
    { store, clock, log, fetch: requests.fetch, secretBox: createSecretBox(undefined), random: () => 0.5 },
    options,
  );
  deliverer.start();
  onTestFinished(async () => {
    requests.answer(answered(204));
    await deliverer.stop(1_000);
  });
  const sentTo = (endpoint: string) => requests.sent.filter(({ url }) => url.includes(endpoint)).length;
  return { clock, store, requests, logged, deliverer, sentTo };
}

describe('createDeliverer', () => {
  it('delivers within a second of the event, and polls once a second while there is nothing', async () => {
    const { clock, store, requests, deliverer } = start();
    await clock.advance(10_000);
    expect(store.claims).toBeLessThanOrEqual(12);
    store.add('a');
    await clock.advance(1_000);
    expect(requests.sent).toHaveLength(1);
    expect(store.completed).toMatchObject([{ deliveryId: 'delivery-1', attempt: 1, outcome: 'delivered' }]);
    expect(deliverer.counts).toEqual({ delivered: 1, retried: 0, failed: 0, released: 0, inFlight: 0 });
  });

  it('tries again by its schedule under the same id, and gives up at its end', async () => {
    const { clock, store, requests, deliverer, logged } = start({ schedule: [5_000, 60_000] }, answered(500));
    store.add('a');
    await clock.advance(1_000);
    expect(requests.sent).toHaveLength(1);
    await clock.advance(4_000);
    expect(requests.sent).toHaveLength(1);
    await clock.advance(2_500);
    expect(requests.sent).toHaveLength(2);
    await clock.advance(70_000);
    expect(requests.sent).toHaveLength(3);
    await clock.advance(1_000_000);
    expect(requests.sent).toHaveLength(3);
    expect(new Set(requests.sent.map(({ request }) => request.headers?.['webhook-id']))).toEqual(new Set(['msg_1']));
    expect(store.completed.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'failed']);
    expect(deliverer.counts).toMatchObject({ retried: 2, failed: 1 });
    expect(logged).toEqual(['webhook failed']);
  });

  it('goes on at once while there is a backlog', async () => {
    const { clock, store } = start({ maxConcurrent: 10, perEndpoint: 3 });
    await clock.advance(1);
    store.add('a', 100);
    await clock.advance(1_000);
    // Nothing takes time here but the polls of an idle loop.
    await clock.advance(10);
    expect(store.completed).toHaveLength(100);
  });

  it('keeps slots for others when an endpoint does not answer', async () => {
    const { clock, store, requests, deliverer, sentTo } = start({ perEndpoint: 4 }, null);
    store.add('slow', 50);
    store.add('quick', 1);
    await clock.advance(1_000);
    expect([sentTo('slow'), sentTo('quick')]).toEqual([4, 1]);
    store.add('late', 1);
    await clock.advance(1_000);
    expect([sentTo('slow'), sentTo('late')]).toEqual([4, 1]);
    expect(deliverer.counts.inFlight).toBe(6);
    requests.answer(answered(204));
    await clock.advance(100);
    expect(store.completed).toHaveLength(52);
  });

  it('has no more in flight than it may', async () => {
    const { clock, store, requests } = start({ maxConcurrent: 5 }, null);
    for (let index = 0; index < 20; index += 1) store.add(`e${index}`);
    await clock.advance(5_000);
    expect(requests.open).toBe(5);
    requests.answer(answered(204));
    await clock.advance(100);
    expect(store.completed).toHaveLength(20);
  });

  it('lets attempts in flight end when it stops, and begins no more', async () => {
    const { clock, store, requests, deliverer } = start({}, null);
    store.add('a');
    await clock.advance(1_000);
    const stopped = deliverer.stop(5_000);
    store.add('b');
    await clock.advance(2_000);
    requests.answer(answered(204));
    await stopped;
    expect(store.completed).toMatchObject([{ outcome: 'delivered' }]);
    expect(requests.sent).toHaveLength(1);
  });

  it('gives attempts back that do not end in time, so that another process has them at once', async () => {
    const { clock, store, deliverer } = start({}, null);
    store.add('a', 2);
    await clock.advance(1_000);
    const stopped = deliverer.stop(5_000);
    await clock.advance(5_000);
    await stopped;
    expect(store.completed.map(({ outcome }) => outcome)).toEqual(['released', 'released']);
    expect(deliverer.counts).toMatchObject({ released: 2, inFlight: 0 });
    const again = await store.claimWebhookDeliveries({ limit: 5, perEndpoint: 5, leaseMs: 1, busy: [] });
    expect(again.map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  it('survives a store that is away, and sends again what it could not store', async () => {
    const { clock, store, requests, logged } = start({ leaseMs: 30_000 }, null);
    store.add('a');
    await clock.advance(1_000);
    store.isDown = true;
    requests.answer(answered(204));
    await clock.advance(10_000);
    expect(new Set(logged)).toEqual(new Set(['the result of a webhook could not be stored', 'due webhooks could not be read']));
    store.isDown = false;
    await clock.advance(31_000);
    expect(requests.sent.map(({ request }) => request.headers?.['webhook-id'])).toEqual(['msg_1', 'msg_1']);
    expect(store.completed).toMatchObject([{ attempt: 2, outcome: 'delivered' }]);
  });

  it('says when an endpoint was disabled', async () => {
    const { clock, store, logged } = start({}, answered(410));
    store.add('a');
    await clock.advance(1_000);
    expect(logged).toEqual(['webhook failed', 'webhook endpoint disabled']);
  });

  it('shortens the log every hour, to its end', async () => {
    const { clock, store } = start();
    store.old = 12_000;
    await clock.advance(3_600_000);
    await settle();
    expect(store.old).toBe(0);
    const { purges } = store;
    await clock.advance(3_600_000);
    expect(store.purges).toBe(purges + 1);
  });
});
