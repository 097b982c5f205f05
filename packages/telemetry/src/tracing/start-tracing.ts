import { hostname } from 'node:os';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { createSampler } from './create-sampler.ts';
import type { OpenTracingOptions, Tracing } from './open-tracing.ts';
import { ownVersion } from './own-version.ts';
import { createRequestSpans } from './request-spans.ts';
import { createRunSpans } from './run-spans.ts';
import { semconv } from './semconv.ts';
import type { TracingSettings } from './tracing-settings.ts';

/** Longest text of an attribute: paths and agents of clients have any length. */
const maxAttributeLength = 1_024;

function createExporter({ endpoint, protocol, headers, compression, timeoutMs }: TracingSettings): SpanExporter {
  const options = {
    url: endpoint,
    headers: { ...headers },
    timeoutMillis: timeoutMs,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  };
  return protocol === 'http/json' ? new JsonExporter(options) : new ProtobufExporter(options);
}

/** Who sends the spans. What `OTEL_RESOURCE_ATTRIBUTES` says wins, and `OTEL_SERVICE_NAME` over all. */
function createResource({ settings, process: kind, instanceId }: OpenTracingOptions): Resource {
  const { serviceName, resourceAttributes } = settings;
  return defaultResource().merge(
    resourceFromAttributes({
      [semconv.serviceName]: `multi-ai-orchestrator-${kind}`,
      [semconv.serviceVersion]: ownVersion,
      [semconv.serviceInstanceId]: instanceId,
      [semconv.hostName]: hostname(),
      [semconv.processId]: process.pid,
      ...resourceAttributes,
      ...(serviceName !== undefined && { [semconv.serviceName]: serviceName }),
    }),
  );
}

/** OpenTelemetry tells of collectors that are away and of spans that had to be dropped in two ways, each for the whole process. */
function reportProblems(warn: OpenTracingOptions['warn']): void {
  const sentence = 'tracing has trouble';
  setGlobalErrorHandler((error) => warn({ error }, sentence));
  const report = (problem: string): void => warn({ problem }, sentence);
  const ignore = (): void => {};
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** Starts recording spans and sending them in batches. */
export function startTracing(options: OpenTracingOptions): Tracing {
  const { settings } = options;
  reportProblems(options.warn);
  const { delayMs, maxQueueSize, maxBatchSize } = settings.batch;
  const processor = new BatchSpanProcessor({
    exporter: createExporter(settings),
    scheduledDelayMillis: delayMs,
    maxQueueSize,
    maxExportBatchSize: maxBatchSize,
  });
  const provider = new TracerProvider({
    resource: createResource(options),
    sampler: createSampler(settings.sampler),
    spanLimits: { attributeValueLengthLimit: maxAttributeLength },
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('multi-ai-orchestrator', ownVersion);
  return {
    requests: createRequestSpans(tracer),
    runs: createRunSpans(tracer, options.providerNameOf),
    async close(limitMs) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      // A collector that is away was reported already.
      const flushed = provider.shutdown().catch(() => {});
      await Promise.race([flushed, limit]);
      clearTimeout(timer);
    },
  };
}
