import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type CustomProvider, createCustomProvider, providers, sandbox } from '@orchestrator/adapters';
import type { Config, Logger, QueueConnectionConfig, StoreConnectionConfig } from '@orchestrator/config';
import { createQueue, createSharedLimits, type Queue } from '@orchestrator/queue';
import { RouterEngine } from '@orchestrator/router';
import { createStore, type Store } from '@orchestrator/store';
import { createDeliverer, createSecretBox, createWebhookFetch } from '@orchestrator/webhooks';
import { Engine } from '@orchestrator/workflow';
import { createLivePublisher } from './live-publisher.ts';
import { reportCircuits } from './report-circuits.ts';
import { systemClock } from './system-clock.ts';
import { createWorkerMetrics, type WorkerMetrics } from './worker-metrics.ts';
import { openWorkerTelemetry } from './worker-telemetry.ts';

export interface WorkerOptions {
  readonly config: Config<CustomProvider>;
  readonly store: StoreConnectionConfig;
  readonly queue: QueueConnectionConfig;
  readonly log: Logger;
}

/** A running worker process's parts. */
export interface Worker {
  readonly workerId: string;
  /** Ids of the providers it can call. */
  readonly providers: readonly string[];
  metrics(): WorkerMetrics;
  /**
   * Takes no more work, lets attempts in flight end, gives the rest back, closes every connection.
   * @param softMs - after this time attempts still in flight are aborted, milliseconds
   */
  stop(softMs: number): Promise<void>;
}

/** Topic on which every worker hears of cancellations, and of runs that somebody follows. */
const controlTopic = 'control';
const maintainEveryMs = 24 * 3_600_000;
/** Time to let go of what is in flight once the soft deadline has passed, milliseconds. */
const releaseMs = 3_000;

/** Connects the engine to the real store, queue and vendors, and starts executing runs. */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const { config, log } = options;
  const { concurrency, generateConcurrency, leaseMs } = config.worker;
  const workerId = `${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`;
  const webhookFetch = createWebhookFetch(config.allowedPrivateHosts);
  const store: Store = createStore({ connection: options.store, leaseMs });
  const queue: Queue = await createQueue({ backend: options.queue, log });
  const limits = await createSharedLimits({ backend: options.queue, log });
  const registry = [...providers, ...config.customProviders.map(createCustomProvider)];
  const models = new RouterEngine({
    ...config.router,
    registry,
    limiterFactory: limits.factory,
    log,
  });
  const live = createLivePublisher({ queue, nowMs: () => systemClock.nowMs() });
  const telemetry = await openWorkerTelemetry({
    config,
    workerId,
    registry: [...registry, sandbox],
    log,
    read: () => ({
      runs: engine.counts,
      webhooks: deliverer.counts,
      store: store.metrics(),
      queue: queue.metrics(),
    }),
  });
  const ports = {
    store,
    queue,
    models,
    live,
    clock: systemClock,
    random: Math.random,
    log,
    newToken: () => randomUUID(),
    ...(telemetry.runs !== undefined && { telemetry: telemetry.runs }),
  };
  const engine = new Engine(ports, { workerId, leaseMs, approvalTimeoutMs: config.approvalTimeoutMs });

  const deliverer = createDeliverer({
    store,
    fetch: webhookFetch,
    secretBox: createSecretBox(config.secretKey),
    clock: systemClock,
    random: Math.random,
    log,
  });

  const maintain = (): void => {
    store.maintain().catch((error: unknown) => log.warn({ error }, 'the store could not be maintained'));
  };
  maintain();
  const maintenance = setInterval(maintain, maintainEveryMs);
  await queue.subscribe(controlTopic, (message) => {
    if (message.type === 'cancel-requested') engine.cancel(message.runIds);
    if (message.type === 'follow') live.onFollow(message);
  });
  const stopReports = reportCircuits({ router: models, queue, workerId });
  engine.start();
  deliverer.start();
  const consumers = [
    queue.consume({ kind: 'generate', concurrency: generateConcurrency, handler: (job) => engine.handleWake(job) }),
    queue.consume({ kind: 'workflow', concurrency, handler: (job) => engine.handleWake(job) }),
  ];
  await Promise.all(consumers.map((consumer) => consumer.ready()));
  telemetry.serve();

  return {
    workerId,
    providers: models.providersInfo().flatMap(({ name, isConfigured }) => (isConfigured ? [name] : [])),
    metrics: createWorkerMetrics({ engine, deliverer, store, queue }),
    async stop(softMs) {
      clearInterval(maintenance);
      stopReports();
      const closing = consumers.map((consumer) => consumer.close({ deadlineMs: softMs + releaseMs }));
      await Promise.all([engine.drain(softMs), deliverer.stop(softMs)]);
      await Promise.all([...closing, live.drained()]);
      await Promise.all([queue.close(), limits.close()]);
      await Promise.all([store.close(), telemetry.close()]);
    },
  };
}
