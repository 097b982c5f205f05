import {
  type Attributes,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { parseTraceparent } from '../trace-context/traceparent.ts';
import { own, semconv } from './semconv.ts';
import { contextOf, remoteSpanContext, traceparentOf } from './span-context.ts';

/** A request as it arrives. */
export interface RequestFacts {
  readonly requestId: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Such as `1.1`. */
  readonly httpVersion: string;
  readonly userAgent: string | undefined;
  /** Headers as sent: what is malformed is ignored. */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** How a request ended. */
export interface RequestEnd {
  /** The path's pattern; undefined when no route takes it. */
  readonly route: string | undefined;
  readonly status: number;
  /** The client left before the answer was complete. */
  readonly isGone: boolean;
}

/** A run about to be accepted. */
export interface SubmitFacts {
  readonly runId: string;
  readonly kind: string;
  readonly workflowName: string;
  /** Of the request. */
  readonly traceparent: string | undefined;
}

export interface RequestSpan {
  /** For whatever the request causes. */
  readonly traceparent: string;
  end(end: RequestEnd): void;
}

export interface SubmitSpan {
  /** To be stored with the run: its spans, in whichever process, hang on it. */
  readonly traceparent: string;
  /** @param runId - of the run that answers: an earlier one's for a repeated submit */
  accepted(status: string, runId: string): void;
  failed(): void;
}

/** Spans of a process that takes requests. */
export interface RequestTracing {
  startRequest(facts: RequestFacts): RequestSpan;
  startSubmit(facts: SubmitFacts): SubmitSpan;
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

function parentOf({ traceparent, tracestate }: RequestFacts) {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return ROOT_CONTEXT;
  const spanContext = remoteSpanContext(parent);
  if (tracestate === undefined) return trace.setSpanContext(ROOT_CONTEXT, spanContext);
  return trace.setSpanContext(ROOT_CONTEXT, { ...spanContext, traceState: createTraceState(tracestate) });
}

function requestAttributes(facts: RequestFacts): Attributes {
  const isKnown = knownMethods.has(facts.method);
  return {
    [semconv.httpMethod]: isKnown ? facts.method : '_OTHER',
    ...(!isKnown && { [semconv.httpOriginalMethod]: facts.method }),
    [semconv.urlScheme]: 'http',
    [semconv.urlPath]: facts.path,
    [semconv.protocolVersion]: facts.httpVersion,
    ...(facts.userAgent !== undefined && { [semconv.userAgent]: facts.userAgent }),
    [own.requestId]: facts.requestId,
  };
}

function endRequest(span: Span, name: string, { route, status, isGone }: RequestEnd): void {
  if (route !== undefined) {
    span.updateName(`${name} ${route}`);
    span.setAttribute(semconv.httpRoute, route);
  }
  if (isGone) span.setAttribute(own.clientGone, true);
  else span.setAttribute(semconv.httpStatus, status);
  if (status >= 500) {
    span.setAttribute(semconv.errorType, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Spans of requests (`GET /api/jobs/:id`), and of the runs that they submit (`run.submit`). */
export function createRequestSpans(tracer: Tracer): RequestTracing {
  return {
    startRequest(facts) {
      const name = knownMethods.has(facts.method) ? facts.method : 'HTTP';
      const options = { kind: SpanKind.SERVER, attributes: requestAttributes(facts) };
      const span = tracer.startSpan(name, options, parentOf(facts));
      return { traceparent: traceparentOf(span), end: (end) => endRequest(span, name, end) };
    },
    startSubmit({ runId, kind, workflowName, traceparent }) {
      const attributes = { [own.runId]: runId, [own.runKind]: kind, [own.workflowName]: workflowName };
      const span = tracer.startSpan('run.submit', { kind: SpanKind.PRODUCER, attributes }, contextOf(traceparent));
      return {
        traceparent: traceparentOf(span),
        accepted(status, answeringRunId) {
          span.setAttributes({ [own.submitStatus]: status, [own.runId]: answeringRunId });
          span.end();
        },
        failed() {
          span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
  };
}
