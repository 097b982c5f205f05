import { findRow, type ProviderDefinition } from '@orchestrator/adapters';
import { type Config, type Logger, rateLimitedLog } from '@orchestrator/config';
import { combineRunTelemetry, openMetrics, openTracing, type RunTelemetry, type WorkerReading } from '@orchestrator/telemetry';

/** Longest wait for spans that are still to be sent when the worker stops, milliseconds. */
const closeLimitMs = 1_000;

export interface WorkerTelemetryOptions {
  readonly config: Config;
  readonly workerId: string;
  /** Every provider that can be called. */
  readonly registry: readonly ProviderDefinition[];
  readonly log: Logger;
  /** Asked at each scrape, not before `serve`. */
  readonly read: () => WorkerReading;
}

export interface WorkerTelemetry {
  /** What the engine has to tell its work to; absent when neither traces nor metrics are wanted. */
  readonly runs?: RunTelemetry;
  /** Starts serving metrics, where a port is configured. */
  serve(): void;
  close(): Promise<void>;
}

/** Starts what the configuration asks for; the rest is not even loaded. */
export async function openWorkerTelemetry(options: WorkerTelemetryOptions): Promise<WorkerTelemetry> {
  const { config, registry, log } = options;
  const { warn } = rateLimitedLog(log);
  const byId = new Map(registry.map((definition) => [definition.id, definition]));
  const tracing =
    config.tracing === null
      ? null
      : await openTracing({
          settings: config.tracing,
          process: 'worker',
          instanceId: options.workerId,
          providerNameOf: (id) => byId.get(id)?.conventionalName ?? id,
          warn,
        });
  const { metricsPort } = config;
  const metrics = metricsPort === null ? null : await openMetrics();
  const modelLabelOf = (provider: string, model: string) => findRow(byId.get(provider)?.models ?? [], model)?.model ?? 'other';
  const listeners = [
    ...(tracing === null ? [] : [tracing.runs]),
    ...(metrics === null ? [] : [metrics.addWorker(options.read, modelLabelOf)]),
  ];
  const onDefect = (error: unknown): void => warn({ error }, 'a run could not be traced or counted');
  return {
    ...(listeners.length > 0 && { runs: combineRunTelemetry(listeners, onDefect) }),
    serve() {
      if (metricsPort !== null) metrics?.serve({ host: config.host, port: metricsPort, log: { info: log.info.bind(log), warn } });
    },
    async close() {
      await Promise.all([metrics?.close(), tracing?.close(closeLimitMs)]);
    },
  };
}
