import { customProviderSchema, providerIds } from '@orchestrator/adapters';
import { createLogger, loadConfig, readEnvironment, requireConnections } from '@orchestrator/config';
import { AppError } from '@orchestrator/contracts';
import { reportMetrics } from '@orchestrator/telemetry';
import { createWorker, type Worker } from './create-worker.ts';

/** sysexits.h EX_CONFIG: restarting won't help. */
const exitConfiguration = 78;
/** Beyond the soft deadline: releasing runs and closing connections, then the process ends whatever happens. */
const hardExitMarginMs = 4_500;

function refuse(error: unknown): never {
  const isConfiguration = error instanceof AppError && error.code === 'invalid-configuration';
  process.stderr.write(`${isConfiguration ? error.message : `The worker could not start: ${String(error)}`}\n`);
  process.exit(isConfiguration ? exitConfiguration : 1);
}

async function main(): Promise<void> {
  const config = loadConfig(readEnvironment(), { providerIds, customProviderSchema });
  const connections = requireConnections(config);
  const log = createLogger({ name: 'worker', level: config.logLevel });
  let worker: Worker | undefined;
  let isStopping = false;

  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    const { shutdownMs } = config.worker;
    log.info({ signal, shutdownMs }, 'stopping: runs in flight are finished or given back');
    setTimeout(() => {
      log.error({ shutdownMs }, 'the worker did not stop in time, leaving now');
      process.exit(1);
    }, shutdownMs + hardExitMarginMs).unref();
    (worker?.stop(shutdownMs) ?? Promise.resolve()).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'the worker stopped with an error');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  worker = await createWorker({ config, ...connections, log });
  reportMetrics(log, worker.metrics);
  log.info({ workerId: worker.workerId, ...config.worker }, 'ready');
  process.send?.({ type: 'ready', providers: worker.providers });
}

main().catch(refuse);
