export { combineRunTelemetry } from './combine-run-telemetry.ts';
export type { AnsweredRequest, ApiReading } from './metrics/api-series.ts';
export type { QueueReading, StoreReading } from './metrics/infrastructure-series.ts';
export { type Metrics, openMetrics } from './metrics/open-metrics.ts';
export type { MetricsServerLog, ServeMetricsOptions } from './metrics/serve-metrics.ts';
export type { EngineReading, WebhookReading, WorkerReading } from './metrics/worker-series.ts';
export { createProcessMetrics, type ProcessMetrics } from './process-metrics.ts';
export { type MetricsLog, reportMetrics } from './report-metrics.ts';
export type { CallStart, CallTelemetry, LeaseEnd, LeaseTelemetry, RunTelemetry } from './run-telemetry.ts';
export { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context/traceparent.ts';
export { type OpenTracingOptions, openTracing, type Tracing } from './tracing/open-tracing.ts';
export type {
  RequestEnd,
  RequestFacts,
  RequestSpan,
  RequestTracing,
  SubmitFacts,
  SubmitSpan,
} from './tracing/request-spans.ts';
export type { SamplerName, TracingSettings } from './tracing/tracing-settings.ts';
