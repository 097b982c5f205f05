import { AppError } from '@orchestrator/contracts';
import { formatTraceparent, parseTraceparent } from '@orchestrator/telemetry';
import type { Request, RequestHandler } from 'express';
import type { RequestCounter } from '../metrics.ts';
import type { ApiDeps, Clock, Log } from '../ports.ts';
import { requestIdFrom } from './request-id.ts';

export interface RequestStartDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  readonly counter: RequestCounter;
  readonly tracing?: ApiDeps['tracing'];
  readonly onAnswered?: ApiDeps['onAnswered'];
}

/** Asked every few seconds by whoever watches the process: spans of them would be most of all spans. */
const untracedPaths: ReadonlySet<string> = new Set(['/livez', '/readyz']);
/** Of a request whose client left before the answer was complete. */
const clientGoneStatus = 499;

/** One text of a header that may have been sent several times. */
function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}

function startSpan(deps: RequestStartDeps, request: Request, requestId: string) {
  if (untracedPaths.has(request.path)) return undefined;
  return deps.tracing?.startRequest({
    requestId,
    method: request.method,
    path: request.path,
    httpVersion: request.httpVersion,
    userAgent: request.headers['user-agent'],
    traceparent: textOf(request.headers.traceparent),
    tracestate: textOf(request.headers.tracestate),
  });
}

/** Where the runs of this request belong in its trace: under our span, else under the client's. */
function originOf(request: Request): string | undefined {
  const sent = parseTraceparent(textOf(request.headers.traceparent));
  return sent === undefined ? undefined : formatTraceparent(sent);
}

/** Gives every request its id and its span, counts it, and turns it away while the process stops. */
export function createRequestStart(deps: RequestStartDeps): RequestHandler {
  return (request, response, next) => {
    const requestId = requestIdFrom(request.headers['x-request-id'], deps.newId);
    const startedAtMs = deps.clock.nowMs();
    const span = startSpan(deps, request, requestId);
    response.locals.requestId = requestId;
    response.locals.traceparent = span?.traceparent ?? originOf(request);
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('Cache-Control', 'no-store');
    if (span !== undefined) response.setHeader('traceparent', span.traceparent);
    response.on('close', () => {
      const matched = response.locals.route as string | undefined;
      const route = matched ?? 'unmatched';
      const isGone = !response.writableFinished;
      const status = isGone ? clientGoneStatus : response.statusCode;
      const durationMs = deps.clock.nowMs() - startedAtMs;
      const path = matched?.slice(matched.indexOf(' ') + 1);
      span?.end({ route: path, status, isGone });
      deps.onAnswered?.({ method: request.method, route: path ?? route, status, durationMs });
      deps.counter.count(route, status);
      deps.log.debug({ requestId, route, status, durationMs }, 'request ended');
    });
    if (response.app.locals.isClosing === true) {
      throw new AppError('shutting-down', 'The server is shutting down.', { retryable: true });
    }
    next();
  };
}
