import { AppError } from '@orchestrator/contracts';
import type { RequestHandler } from 'express';
import type { RequestCounter } from '../metrics.ts';
import type { Clock, Log } from '../ports.ts';
import { requestIdFrom } from './request-id.ts';

export interface RequestStartDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  readonly counter: RequestCounter;
}

/** Gives every request its id, counts it, and turns it away while the process stops. */
export function createRequestStart(deps: RequestStartDeps): RequestHandler {
  return (request, response, next) => {
    const requestId = requestIdFrom(request.headers['x-request-id'], deps.newId);
    const startedAtMs = deps.clock.nowMs();
    response.locals.requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    response.setHeader('Cache-Control', 'no-store');
    response.on('close', () => {
      const route = (response.locals.route as string | undefined) ?? 'unmatched';
      const status = response.writableFinished ? response.statusCode : 499;
      deps.counter.count(route, status);
      deps.log.debug({ requestId, route, status, durationMs: deps.clock.nowMs() - startedAtMs }, 'request ended');
    });
    if (response.app.locals.isClosing === true) {
      throw new AppError('shutting-down', 'The server is shutting down.', { retryable: true });
    }
    next();
  };
}
