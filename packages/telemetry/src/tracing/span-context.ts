import { type Context, ROOT_CONTEXT, type Span, type SpanContext, trace } from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent, type TraceContext } from '../trace-context/traceparent.ts';

/** A place in a trace that another process wrote down. */
export function remoteSpanContext({ traceId, spanId, flags }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: flags, isRemote: true };
}

/** The context of spans whose parent is a stored `traceparent`; without one they start a trace. */
export function contextOf(traceparent: string | undefined): Context {
  const parent = parseTraceparent(traceparent);
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteSpanContext(parent));
}

/** The context of spans whose parent is this one. */
export function contextUnder(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}

export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceparent({ traceId, spanId, flags: traceFlags });
}
