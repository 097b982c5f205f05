import { randomUUID } from 'node:crypto';
import type { RelayMessage, WakeJob } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import type { Queue } from './queue.ts';
import { hasRun, record, useQueueFixture, wakeOf, wakesOf } from './testing/queue-fixture.ts';
import { createRecorder, type Recorder } from './testing/recorder.ts';

describe.each(['redis', 'postgres'] as const)('queue on %s while its server fails', (type) => {
  const fixture = useQueueFixture(type);
  const unavailable = { name: 'AppError', code: 'queue-unavailable', retryable: true };

  /** What the store's reconciler does: a new wake-up, again and again, until one gets through. */
  async function wakeUntilHandled(queue: Queue, jobs: Recorder<WakeJob>): Promise<void> {
    const { runId } = wakeOf();
    let wakeNo = 0;
    await expect
      .poll(
        async () => {
          wakeNo += 1;
          await queue.wake([wakeOf({ runId, wakeNo })]).catch(() => undefined);
          return jobs.items.some((job) => job.runId === runId);
        },
        { timeout: 30_000, interval: 200 },
      )
      .toBe(true);
  }

  it('rejects a wake-up quickly while it is down and takes it afterwards', async () => {
    const queue = await fixture.openQueue();
    await fixture.server.kill();
    const startedAtMs = Date.now();
    const results = await Promise.allSettled([
      queue.wake([wakeOf()]),
      queue.wake(wakesOf(50)),
      queue.wake([wakeOf({ kind: 'workflow' })]),
    ]);
    expect(Date.now() - startedAtMs).toBeLessThan(1_500);
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
    await expect(queue.ping()).rejects.toMatchObject(unavailable);
    await expect(queue.depth('generate')).rejects.toMatchObject(unavailable);
    await queue.publish('control', { type: 'cancel-requested', runIds: [randomUUID()] });
    queue.notifyReply('replies:nobody', randomUUID());
    await expect.poll(() => queue.metrics().relayDropped).toBe(2);
    await fixture.server.start();
    const { jobs } = record(queue);
    await wakeUntilHandled(queue, jobs);
  });

  it('rejects a wake-up quickly while it hangs', async () => {
    const queue = await fixture.openQueue();
    fixture.server.freeze();
    try {
      const startedAtMs = Date.now();
      await expect(queue.wake([wakeOf()])).rejects.toMatchObject(unavailable);
      await expect(queue.ping()).rejects.toMatchObject(unavailable);
      expect(Date.now() - startedAtMs).toBeLessThan(3_000);
    } finally {
      fixture.server.thaw();
    }
    const { jobs } = record(queue);
    await wakeUntilHandled(queue, jobs);
  });

  it('goes on with new jobs after a crash under load, with quiet logs', async () => {
    const queue = await fixture.openQueue();
    const { jobs } = record(queue, 'generate', 20);
    const load = Array.from({ length: 300 }, () => wakeOf());
    const sent = Promise.allSettled(load.map((wake) => queue.wake([wake])));
    await jobs.until((items) => items.length >= 20);
    await fixture.server.kill();
    await sent;
    await expect(queue.wake([wakeOf()])).rejects.toMatchObject(unavailable);
    await fixture.server.start();
    await wakeUntilHandled(queue, jobs);
    const before = jobs.items.length;
    await queue.wake(wakesOf(100));
    await jobs.until((items) => items.length >= before + 100);
    expect(fixture.logs.filter(({ level }) => level === 'error').length).toBeLessThan(30);
  });

  it('finishes handlers that outlive an outage', async () => {
    const queue = await fixture.openQueue();
    const release = Promise.withResolvers<void>();
    const jobs = createRecorder<WakeJob>();
    let isHeld = true;
    queue.consume({
      kind: 'generate',
      concurrency: 4,
      handler: async (job) => {
        jobs.record(job);
        if (isHeld) await release.promise;
      },
    });
    await queue.wake(wakesOf(4));
    await jobs.until((items) => items.length === 4);
    await fixture.server.kill();
    await fixture.server.start();
    isHeld = false;
    release.resolve();
    await wakeUntilHandled(queue, jobs);
    await expect.poll(() => queue.metrics().jobsHandled).toBeGreaterThanOrEqual(5);
  });

  it('takes new jobs after everything was flushed, and forgets the held ones quietly', async () => {
    const queue = await fixture.openQueue();
    const release = Promise.withResolvers<void>();
    const held = wakeOf();
    const jobs = createRecorder<WakeJob>();
    queue.consume({
      kind: 'generate',
      concurrency: 2,
      handler: async (job) => {
        jobs.record(job);
        if (job.runId === held.runId) await release.promise;
      },
    });
    await queue.wake([held]);
    await jobs.until(hasRun(held.runId));
    await queue.wake([wakeOf({ delayMs: 3_600_000 })]);
    await fixture.server.flush();
    release.resolve();
    const fresh = wakesOf(50);
    await queue.wake(fresh);
    await jobs.until((items) => items.length === 51);
    expect(await queue.depth('generate')).toMatchObject({ delayed: 0 });
    expect(fixture.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('brings the relay back after a crash', async () => {
    const queue = await fixture.openQueue();
    const received = createRecorder<RelayMessage>();
    const topic = `replies:${randomUUID()}`;
    await queue.subscribe(topic, received.record);
    await fixture.server.kill();
    await fixture.server.start();
    await expect
      .poll(
        async () => {
          await queue.publish(topic, { type: 'runs-finished', runIds: [randomUUID()] });
          return received.items.length;
        },
        { timeout: 30_000, interval: 200 },
      )
      .toBeGreaterThan(0);
  });

  it('starts consuming when the server comes after the consumer', async () => {
    const queue = await fixture.openQueue();
    await fixture.server.kill();
    const { jobs, consumer } = record(queue);
    await expect(queue.ping()).rejects.toMatchObject(unavailable);
    await fixture.server.start();
    await consumer.ready();
    await wakeUntilHandled(queue, jobs);
  });

  it('closes without its server: waits for handlers, not for the server', async () => {
    const queue = await fixture.openQueue();
    const started = createRecorder<WakeJob>();
    const release = Promise.withResolvers<void>();
    const busy = queue.consume({
      kind: 'generate',
      concurrency: 4,
      handler: async (job) => {
        started.record(job);
        await release.promise;
      },
    });
    const idle = queue.consume({ kind: 'workflow', concurrency: 4, handler: async () => undefined });
    await queue.wake([wakeOf()]);
    await Promise.all([started.until((items) => items.length === 1), idle.ready()]);
    await fixture.server.kill();
    try {
      const startedAtMs = Date.now();
      const closed = busy.close({ deadlineMs: 20_000 });
      release.resolve();
      expect(await closed).toBe(true);
      expect(await idle.close({ deadlineMs: 20_000 })).toBe(true);
      await queue.close();
      expect(Date.now() - startedAtMs).toBeLessThan(15_000);
    } finally {
      await fixture.server.start();
    }
  });

  it('says in time that it can not be reached at start', async () => {
    await fixture.server.kill();
    try {
      await expect(fixture.openQueue({ connectTimeoutMs: 300 })).rejects.toMatchObject(unavailable);
    } finally {
      await fixture.server.start();
    }
  });
});
