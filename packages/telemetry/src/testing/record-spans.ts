import type { Tracer } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createSampler } from '../tracing/create-sampler.ts';
import type { SamplerName } from '../tracing/tracing-settings.ts';

/** A real tracer whose finished spans stay in memory. */
export function recordSpans(sampler: SamplerName = 'parentbased_always_on'): {
  readonly tracer: Tracer;
  /** In the order in which they ended. */
  readonly spans: () => readonly ReadableSpan[];
} {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    sampler: createSampler({ name: sampler, ratio: 0 }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  return { tracer: provider.getTracer('test'), spans: () => exporter.getFinishedSpans() };
}

/** The only span of this name; throws when there is none, or more. */
export function spanNamed(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const found = spans.filter((span) => span.name === name);
  const [span] = found;
  if (span === undefined || found.length > 1) throw new Error(`${found.length} spans are named ${name}`);
  return span;
}
