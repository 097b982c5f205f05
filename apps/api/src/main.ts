import { createCustomProvider, customProviderSchema, providerIds, providers, sandbox } from '@orchestrator/adapters';
import { createLogger, loadConfig, rateLimitedLog, readEnvironment, requireConnections } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { createQueue, createSharedLimits } from '@orchestrator/queue';
import { RouterEngine } from '@orchestrator/router';
import { createStore } from '@orchestrator/store';
import { createProcessMetrics, reportMetrics } from '@orchestrator/telemetry';
import { createSecretBox, createWebhookUrlCheck } from '@orchestrator/webhooks';
import { validateWorkflow } from '@orchestrator/workflow';
import { v7 as newId } from 'uuid';
import { createApp } from './app.ts';
import { createRequestLimit } from './http/request-limit.ts';
import type { Log } from './ports.ts';
import { openApiTelemetry } from './server/api-telemetry.ts';
import { listen } from './server/listen.ts';
import { stopServer } from './server/shutdown.ts';
import { systemClock } from './server/system-clock.ts';

const invalidConfigurationExitCode = 78;
const shutdownMs = 9_000;
/** A submission rather waits for its count than that each process counts for itself. */
const limitTimeoutMs = 2_000;

async function start(): Promise<void> {
  const config = loadConfig(readEnvironment(), { providerIds, customProviderSchema });
  const connections = requireConnections(config);
  const logger = createLogger({ name: 'api', level: config.logLevel });
  const limited = rateLimitedLog(logger);
  const log: Log = {
    debug: (facts, sentence) => logger.debug(facts, sentence),
    info: (facts, sentence) => logger.info(facts, sentence),
    warn: limited.warn,
    error: (facts, sentence) => logger.error(facts, sentence),
  };

  const custom = config.customProviders.map(createCustomProvider);
  const registry = [...providers, ...custom];
  // It answers questions about providers and their health; the workers make the calls.
  const router = new RouterEngine({ ...config.router, registry, log });
  const knownProviders = [...registry, sandbox].map(({ id }) => id);
  const checkWebhookUrl = createWebhookUrlCheck(config.allowedPrivateHosts);
  const store = createStore({ connection: connections.store });
  const queue = await createQueue({ backend: connections.queue, log });
  const { requestsPerMinute } = config;
  const limits =
    requestsPerMinute === undefined
      ? null
      : await createSharedLimits({ backend: connections.queue, log, commandTimeoutMs: limitTimeoutMs });
  const nodeId = newId();
  const telemetry = await openApiTelemetry({
    config,
    nodeId,
    log,
    read: () => ({ ...api.metrics(), store: store.metrics(), queue: queue.metrics() }),
  });
  const api = createApp({
    store,
    queue,
    router,
    customProviderIds: new Set(custom.map(({ id }) => id)),
    modelAliases: config.modelAliases,
    approvalThresholdUSD: config.router.autoApproveThresholdUSD,
    approvalTimeoutMs: config.approvalTimeoutMs,
    checkWebhookUrl,
    secretBox: createSecretBox(config.secretKey),
    validateWorkflow: (document) => validateWorkflow(document, { knownProviders }),
    clock: systemClock,
    newId,
    log,
    nodeId,
    syncWaitMs: config.syncWaitMs,
    ...telemetry.deps,
    requestLimit:
      limits === null || requestsPerMinute === undefined ? null : createRequestLimit(limits.factory, requestsPerMinute, log),
  });

  const disconnect = () => Promise.all([queue.close(), limits?.close(), store.close(), telemetry.close()]);

  async function stop(): Promise<void> {
    await api.close();
    await disconnect();
  }

  const { server, url } = await listen(api.app, config).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  log.info({ url }, 'API listening');
  process.send?.({ type: 'listening', url });
  const readProcess = createProcessMetrics();
  telemetry.serve();
  reportMetrics(log, () => ({ ...api.metrics(), store: store.metrics(), queue: queue.metrics(), ...readProcess() }));

  let isStopping = false;
  async function shutDown(signal: string): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'API stopping');
    // A queue or store that hangs must not keep the process: nothing here is lost by leaving.
    setTimeout(() => process.exit(0), shutdownMs).unref();
    let closed = Promise.resolve();
    await stopServer(server, () => {
      closed = api.close();
    });
    await closed;
    await disconnect();
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void shutDown(signal));
}

start().catch((error: unknown) => {
  if (error instanceof AppError && error.code === 'invalid-configuration') {
    process.stderr.write(`${error.message}\n`);
    process.exit(invalidConfigurationExitCode);
  }
  process.stderr.write(`The API can't start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
