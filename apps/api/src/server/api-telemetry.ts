import type { Config } from '@orchestrator/config';
import { type ApiReading, openMetrics, openTracing } from '@orchestrator/telemetry';
import type { ApiDeps, Log } from '../ports.ts';

/** Longest wait for spans that are still to be sent when the API stops, milliseconds. */
const closeLimitMs = 1_000;

export interface ApiTelemetryOptions {
  readonly config: Config;
  readonly nodeId: string;
  /** Its warnings must be limited already. */
  readonly log: Log;
  /** Asked at each scrape, not before `serve`. */
  readonly read: () => ApiReading;
}

export interface ApiTelemetry {
  /** Empty when neither traces nor metrics are wanted. */
  readonly deps: Pick<ApiDeps, 'tracing' | 'onAnswered'>;
  /** Starts serving metrics, where a port is configured. */
  serve(): void;
  close(): Promise<void>;
}

/** Starts what the configuration asks for; the rest is not even loaded. */
export async function openApiTelemetry({ config, nodeId, log, read }: ApiTelemetryOptions): Promise<ApiTelemetry> {
  const { warn } = log;
  const tracing =
    config.tracing === null
      ? null
      : await openTracing({
          settings: config.tracing,
          process: 'api',
          instanceId: nodeId,
          // It makes no model calls.
          providerNameOf: (id) => id,
          warn,
        });
  const { metricsPort } = config;
  const metrics = metricsPort === null ? null : await openMetrics();
  return {
    deps: {
      ...(tracing !== null && { tracing: tracing.requests }),
      ...(metrics !== null && { onAnswered: metrics.addApi(read) }),
    },
    serve() {
      if (metricsPort !== null) metrics?.serve({ host: config.host, port: metricsPort, log });
    },
    async close() {
      await Promise.all([metrics?.close(), tracing?.close(closeLimitMs)]);
    },
  };
}
