import { expect, it } from 'vitest';
import { storeDown } from '../testing/fake-store.ts';
import { settle } from '../testing/manual-clock.ts';
import { startApi } from '../testing/start-api.ts';

it('is live and ready', async () => {
  await using test = await startApi();
  expect((await test.get('/livez')).body).toEqual({ status: 'ok' });
  const ready = await test.get('/readyz');
  expect([ready.status, ready.body]).toEqual([200, { status: 'ok', checks: { store: 'ok', queue: 'ok' } }]);
  expect(test.clock.timers).toBe(0);
});

it('says which part is down', async () => {
  await using test = await startApi();
  test.queue.failure = new Error('down');
  const queueDown = await test.get('/readyz');
  expect(queueDown.status).toBe(503);
  expect(queueDown.headers.get('retry-after')).toBe('1');
  expect(queueDown.body).toMatchObject({
    code: 'queue-unavailable',
    checks: { store: 'ok', queue: 'failed' },
    detail: 'Not answering: queue.',
  });
  test.store.failure = storeDown;
  const bothDown = await test.get('/readyz');
  expect(bothDown.body).toMatchObject({ code: 'store-unavailable', detail: 'Not answering: store and queue.' });
  expect((await test.get('/livez')).status).toBe(200);
});

it('does not wait longer than 2 s for a part that hangs', async () => {
  await using test = await startApi();
  test.store.isHanging = true;
  const asked = test.get('/readyz');
  while (!test.store.calls.includes('ping')) await settle();
  await test.clock.advance(2_000);
  expect((await asked).body.checks).toEqual({ store: 'failed', queue: 'ok' });
});
