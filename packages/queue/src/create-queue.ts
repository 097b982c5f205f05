import { AppError } from '@orchestrator/contracts';
import { type ClockWatch, watchClock } from './clock-watch.ts';
import { createConsumer, type ManagedConsumer } from './consumer.ts';
import { createErrorReporter } from './error-reporter.ts';
import { createFinishedNotices } from './finished-notices.ts';
import { createPostgresDriver } from './postgres-driver.ts';
import type { Queue, QueueMetrics, QueueOptions } from './queue.ts';
import { createRedisDriver } from './redis-driver.ts';
import { createWakeSender } from './wake-sender.ts';
import { settlesWithin, within } from './within.ts';

type Counters = { -readonly [Name in keyof QueueMetrics]: QueueMetrics[Name] };

/**
 * Connects to the server, checks that it is fit for a queue, and migrates BullMQ's schema on Postgres.
 * @throws AppError `invalid-configuration` when the server or the URL can't be used as they are; `queue-unavailable` when
 * the server does not answer within `connectTimeoutMs`
 */
export async function createQueue(options: QueueOptions): Promise<Queue> {
  const { log, prefix = 'orchestrator', commandTimeoutMs = 1_000, connectTimeoutMs = 10_000 } = options;
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(prefix))
    throw new AppError('invalid-configuration', `The queue prefix "${prefix}" is not valid.`);
  const counters: Counters = {
    jobsAdded: 0,
    jobsHandled: 0,
    handlerFailures: 0,
    relayPublished: 0,
    relayReceived: 0,
    relayDropped: 0,
  };
  const consumers = new Set<ManagedConsumer>();
  const report = createErrorReporter(log);
  const { driver, clock } = await openDriver();

  async function openDriver() {
    const driverOptions = {
      url: options.backend.url,
      prefix,
      connectTimeoutMs,
      commandTimeoutMs,
      report,
      onRelayReceived: () => {
        counters.relayReceived += 1;
      },
    };
    if (options.backend.type === 'redis') return { driver: await createRedisDriver(driverOptions), clock: null };
    const { driver: opened, readDatabaseMs } = await createPostgresDriver(driverOptions);
    const watch: ClockWatch = await watchClock({
      readDatabaseMs,
      log,
      report,
      onChange: (skew) => {
        for (const consumer of consumers) consumer.suspend(skew.isExceeded);
        options.onClockSkew?.(skew);
      },
    });
    return { driver: opened, clock: watch };
  }

  const publish: Queue['publish'] = async (topic, message) => {
    if (await driver.relay.publish(topic, message)) counters.relayPublished += 1;
    else counters.relayDropped += 1;
  };
  const notices = createFinishedNotices(publish);
  const makeSender = (kind: 'generate' | 'workflow') =>
    createWakeSender({
      sink: driver.producers[kind],
      timeoutMs: commandTimeoutMs,
      onAdded: (count) => {
        counters.jobsAdded += count;
      },
    });
  const senders = { generate: makeSender('generate'), workflow: makeSender('workflow') };
  let closed: Promise<void> | null = null;

  async function shutDown(): Promise<void> {
    clock?.stop();
    await Promise.all([...consumers].map((consumer) => consumer.close()));
    const pending = Promise.all([senders.generate.drained(), senders.workflow.drained(), notices.drained()]);
    await settlesWithin(pending, 2 * commandTimeoutMs);
    await driver.relay.close();
    await driver.close();
  }

  return {
    async wake(wakes) {
      const generate = wakes.filter((wake) => wake.kind === 'generate');
      const workflow = wakes.filter((wake) => wake.kind === 'workflow');
      await Promise.all([senders.generate.send(generate), senders.workflow.send(workflow)]);
    },
    consume(consumeOptions) {
      if (closed !== null) throw new AppError('shutting-down', 'The queue is closed.');
      const consumer = createConsumer({
        ...consumeOptions,
        driver,
        log,
        report,
        isSuspended: clock?.isExceeded() ?? false,
        onHandled: () => {
          counters.jobsHandled += 1;
        },
        onFailed: () => {
          counters.handlerFailures += 1;
        },
        onClosed: () => consumers.delete(consumer),
      });
      consumers.add(consumer);
      return consumer;
    },
    publish,
    subscribe: (topic, handler) => driver.relay.subscribe(topic, handler),
    notifyReply: (replyTo, runId) => notices.add(replyTo, runId),
    async ping() {
      await within(driver.ping(), commandTimeoutMs, 'no answer to a ping');
    },
    async depth(kind) {
      const states = ['waiting', 'prioritized', 'delayed', 'active'] as const;
      const counts = await within(
        driver.producers[kind].getJobCounts(...states),
        commandTimeoutMs,
        'its depth could not be read',
      );
      const { waiting = 0, prioritized = 0, delayed = 0, active = 0 } = counts;
      return { waiting: waiting + prioritized, delayed, active };
    },
    metrics: () => ({ ...counters }),
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}
