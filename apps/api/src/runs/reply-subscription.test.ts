import { expect, it } from 'vitest';
import { createFakeQueue } from '../testing/fake-queue.ts';
import { createManualClock, settle } from '../testing/manual-clock.ts';
import { keepSubscribed } from './reply-subscription.ts';

const log = { debug() {}, info() {}, warn() {}, error() {} };

it('tries again until the queue takes the subscription, and ends it', async () => {
  const queue = createFakeQueue();
  const clock = createManualClock();
  queue.failure = new Error('down');
  const unsubscribe = keepSubscribed({ queue, clock, log }, 'replies.a', () => {});
  await settle();
  await clock.advance(4_000);
  expect(queue.topics.size).toBe(0);
  queue.failure = null;
  await clock.advance(2_000);
  expect(queue.topics).toEqual(new Set(['replies.a']));
  await unsubscribe();
  expect(queue.topics.size).toBe(0);
});

it('stops trying when it is ended', async () => {
  const queue = createFakeQueue();
  const clock = createManualClock();
  queue.failure = new Error('down');
  const unsubscribe = keepSubscribed({ queue, clock, log }, 'replies.a', () => {});
  await settle();
  await unsubscribe();
  expect(clock.timers).toBe(0);
});
