import { randomUUID } from 'node:crypto';
import type { RelayMessage, WakeJob } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { hasRun, record, useQueueFixture, wakeOf, wakesOf } from './testing/queue-fixture.ts';
import { createRecorder } from './testing/recorder.ts';

describe.each(['redis', 'postgres'] as const)('queue on %s', (type) => {
  const fixture = useQueueFixture(type);

  it('delivers every wake-up once, however the calls are cut', async () => {
    const queue = await fixture.openQueue();
    const { jobs } = record(queue);
    const wakes = wakesOf(300);
    await Promise.all([queue.wake(wakes.slice(0, 120)), ...wakes.slice(120).map((wake) => queue.wake([wake]))]);
    await jobs.until((items) => items.length >= wakes.length);
    expect(new Set(jobs.items.map((job) => job.runId))).toEqual(new Set(wakes.map((wake) => wake.runId)));
    expect(jobs.items).toHaveLength(wakes.length);
    expect(jobs.items[0]).toEqual({ runId: jobs.items[0]?.runId, epoch: 0, wakeNo: 1 });
    await expect.poll(() => queue.metrics()).toMatchObject({ jobsAdded: 300, jobsHandled: 300, handlerFailures: 0 });
  });

  it('stores ids and nothing else', async () => {
    const queue = await fixture.openQueue();
    const wake = { ...wakeOf(), prompt: 'SECRET-PROMPT', input: { text: 'SECRET-INPUT' } };
    const delayed = { ...wakeOf({ delayMs: 60_000, priority: 'low' }), prompt: 'SECRET-PROMPT' };
    const workflow = { ...wakeOf({ kind: 'workflow' }), prompt: 'SECRET-PROMPT' };
    await queue.wake([wake, delayed]);
    await queue.wake([workflow]);
    const dump = await fixture.server.dump();
    expect(dump).toContain(wake.runId);
    expect(dump).not.toContain('SECRET');
  });

  it('ignores an id that is queued already and lets a higher wake number through', async () => {
    const queue = await fixture.openQueue();
    const wake = wakeOf();
    await queue.wake([wake, wake]);
    await queue.wake([wake]);
    await queue.wake([{ ...wake, wakeNo: 2 }]);
    await queue.wake([wakeOf({ runId: wake.runId, epoch: 1, wakeNo: 2 })]);
    expect(await queue.depth('generate')).toEqual({ waiting: 3, delayed: 0, active: 0 });
    const { jobs } = record(queue);
    await jobs.until((items) => items.length >= 3);
    expect(jobs.items.map(({ epoch, wakeNo }) => `${epoch}.${wakeNo}`).sort()).toEqual(['0.1', '0.2', '1.2']);
  });

  it('keeps nothing of a finished job, so that its id can be used again', async () => {
    const queue = await fixture.openQueue();
    const { jobs } = record(queue);
    const wake = wakeOf();
    await queue.wake([wake]);
    await jobs.until((items) => items.length === 1);
    await expect.poll(() => queue.depth('generate')).toEqual({ waiting: 0, delayed: 0, active: 0 });
    await queue.wake([wake]);
    await jobs.until((items) => items.length === 2);
  });

  it('holds a delayed wake-up back until its time', async () => {
    const queue = await fixture.openQueue();
    const { jobs, consumer } = record(queue);
    await consumer.ready();
    const delayMs = 700;
    const addedAtMs = Date.now();
    const later = wakeOf({ delayMs });
    await queue.wake([later, wakeOf({ delayMs: 3_600_000 })]);
    expect((await queue.depth('generate')).delayed).toBe(2);
    const now = wakeOf();
    await queue.wake([now]);
    await jobs.until(hasRun(later.runId));
    expect(Date.now() - addedAtMs).toBeGreaterThanOrEqual(delayMs - 5);
    expect(Date.now() - addedAtMs).toBeLessThan(delayMs + 3_000);
    expect(jobs.items.map((job) => job.runId)).toEqual([now.runId, later.runId]);
  });

  it('takes high before normal before low, and high ones of a call in their order', async () => {
    const queue = await fixture.openQueue();
    const low = wakeOf({ priority: 'low' });
    const normal = wakesOf(2);
    const high = wakesOf(3, { priority: 'high' });
    await queue.wake([low, ...normal]);
    await queue.wake(high);
    const { jobs } = record(queue, 'generate', 1);
    await jobs.until((items) => items.length === 6);
    expect(jobs.items.map((job) => job.runId)).toEqual([...high, ...normal, low].map((wake) => wake.runId));
  });

  it('hands no wake-up to two consumers', async () => {
    const [producer, first, second] = await Promise.all([fixture.openQueue(), fixture.openQueue(), fixture.openQueue()]);
    const all = createRecorder<WakeJob>();
    for (const queue of [first, second])
      queue.consume({ kind: 'generate', concurrency: 8, handler: async (job) => all.record(job) });
    const wakes = wakesOf(400);
    await Promise.all(wakes.map((wake) => producer.wake([wake])));
    await all.until((items) => items.length >= wakes.length);
    await Promise.all([first.close(), second.close()]);
    expect(all.items).toHaveLength(400);
    expect(new Set(all.items.map((job) => job.runId)).size).toBe(400);
  });

  it('never runs more handlers than its concurrency, and uses all of it', async () => {
    const queue = await fixture.openQueue();
    const release = Promise.withResolvers<void>();
    const started = createRecorder<number>();
    const consumer = queue.consume({
      kind: 'generate',
      concurrency: 7,
      handler: async () => {
        started.record(consumer.inFlight());
        await release.promise;
      },
    });
    await queue.wake(wakesOf(30));
    await started.until((items) => items.length === 7);
    await expect.poll(() => queue.depth('generate')).toEqual({ waiting: 23, delayed: 0, active: 7 });
    release.resolve();
    await started.until((items) => items.length === 30);
    expect(Math.max(...started.items)).toBe(7);
  });

  it('survives a handler that throws, logs it once and goes on', async () => {
    const queue = await fixture.openQueue();
    const jobs = createRecorder<string>();
    const bad = wakeOf();
    const good = wakeOf();
    queue.consume({
      kind: 'generate',
      concurrency: 1,
      handler: (job) => {
        jobs.record(job.runId);
        if (job.runId === bad.runId) throw new Error('broken handler');
        return Promise.resolve();
      },
    });
    await queue.wake([bad]);
    await queue.wake([good]);
    await jobs.until((items) => items.includes(good.runId));
    await expect.poll(() => queue.depth('generate')).toEqual({ waiting: 0, delayed: 0, active: 0 });
    expect(jobs.items).toEqual([bad.runId, good.runId]);
    expect(fixture.logs.map(({ level, sentence }) => `${level}: ${sentence}`)).toEqual(['error: A wake-up handler failed.']);
    expect(queue.metrics()).toMatchObject({ jobsHandled: 1, handlerFailures: 1 });
  });

  it('waits for running handlers when it is closed, and takes no more jobs', async () => {
    const [queue, other] = await Promise.all([fixture.openQueue(), fixture.openQueue()]);
    const release = Promise.withResolvers<void>();
    const started = createRecorder<string>();
    const finished: string[] = [];
    const consumer = queue.consume({
      kind: 'generate',
      concurrency: 2,
      handler: async (job) => {
        started.record(job.runId);
        await release.promise;
        finished.push(job.runId);
      },
    });
    await other.wake(wakesOf(5));
    await started.until((items) => items.length === 2);
    const closed = consumer.close();
    expect(consumer.close()).toBe(closed);
    expect(consumer.inFlight()).toBe(2);
    release.resolve();
    expect(await closed).toBe(true);
    expect(finished).toHaveLength(2);
    expect(started.items).toHaveLength(2);
    expect(await other.depth('generate')).toEqual({ waiting: 3, delayed: 0, active: 0 });
    const rest = record(other);
    await rest.jobs.until((items) => items.length === 3);
  });

  it('gives up on a handler at the deadline', async () => {
    const queue = await fixture.openQueue();
    const release = Promise.withResolvers<void>();
    const started = createRecorder<WakeJob>();
    const consumer = queue.consume({
      kind: 'generate',
      concurrency: 1,
      handler: async (job) => {
        started.record(job);
        await release.promise;
      },
    });
    await queue.wake([wakeOf()]);
    await started.until((items) => items.length === 1);
    expect(await consumer.close({ deadlineMs: 100 })).toBe(false);
    release.resolve();
  });

  it('keeps the two kinds apart: a full workflow queue does not delay generate', async () => {
    const queue = await fixture.openQueue();
    const release = Promise.withResolvers<void>();
    const busy = createRecorder<WakeJob>();
    queue.consume({
      kind: 'workflow',
      concurrency: 4,
      handler: async (job) => {
        busy.record(job);
        await release.promise;
      },
    });
    await queue.wake(wakesOf(500, { kind: 'workflow' }));
    await busy.until((items) => items.length === 4);
    const { jobs } = record(queue);
    await queue.wake(wakesOf(50));
    await jobs.until((items) => items.length === 50);
    expect(busy.items).toHaveLength(4);
    release.resolve();
    await busy.until((items) => items.length === 500);
    expect(jobs.items).toHaveLength(50);
  });

  it('publishes to every subscriber, and to none that has left', async () => {
    const [sender, first, second] = await Promise.all([fixture.openQueue(), fixture.openQueue(), fixture.openQueue()]);
    const topic = `replies:${randomUUID()}`;
    const [atFirst, atSecond, elsewhere] = [
      createRecorder<RelayMessage>(),
      createRecorder<RelayMessage>(),
      createRecorder<RelayMessage>(),
    ];
    const leave = await first.subscribe(topic, atFirst.record);
    await second.subscribe(topic, atSecond.record);
    await second.subscribe('control', elsewhere.record);
    const message: RelayMessage = { type: 'cancel-requested', runIds: [randomUUID()] };
    await sender.publish(topic, message);
    await Promise.all([atFirst.until((items) => items.length === 1), atSecond.until((items) => items.length === 1)]);
    expect(atFirst.items).toEqual([message]);
    await leave();
    await sender.publish(topic, message);
    await atSecond.until((items) => items.length === 2);
    expect(atFirst.items).toHaveLength(1);
    expect(elsewhere.items).toHaveLength(0);
    expect(sender.metrics()).toMatchObject({ relayPublished: 2, relayDropped: 0 });
    expect(second.metrics().relayReceived).toBe(2);
  });

  it('goes on after a subscriber that throws', async () => {
    const queue = await fixture.openQueue();
    const received = createRecorder<RelayMessage>();
    await queue.subscribe('control', (message) => {
      received.record(message);
      throw new Error('broken subscriber');
    });
    const message: RelayMessage = { type: 'cancel-requested', runIds: [randomUUID()] };
    await queue.publish('control', message);
    await queue.publish('control', message);
    await received.until((items) => items.length === 2);
  });

  it('sends finished notices of a burst in few messages, none missing', async () => {
    const [worker, api] = await Promise.all([fixture.openQueue(), fixture.openQueue()]);
    const topic = `replies:${randomUUID()}`;
    const received = createRecorder<string[]>();
    await api.subscribe(topic, (message) => received.record('runIds' in message ? message.runIds : []));
    const runIds = Array.from({ length: 25_000 }, () => randomUUID());
    for (const runId of runIds) worker.notifyReply(topic, runId);
    await received.until((items) => items.flat().length >= runIds.length);
    expect(received.items.map((ids) => ids.length)).toEqual([10_000, 10_000, 5_000]);
    expect(received.items.flat()).toEqual(runIds);
  });

  it('answers pings, migrates once for many starters and closes twice without harm', async () => {
    const queues = await Promise.all(Array.from({ length: 5 }, () => fixture.openQueue()));
    await Promise.all(queues.map((queue) => queue.ping()));
    const [queue] = queues;
    await queue?.close();
    await queue?.close();
    expect(fixture.logs).toEqual([]);
  });
});
