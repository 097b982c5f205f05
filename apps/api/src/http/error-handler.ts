import { AppError } from '@orchestrator/contracts';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Log } from '../ports.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { ClientGone } from './read-body.ts';
import { sendReply } from './reply.ts';

/** Express itself throws only for paths it can't decode, such as `/api/jobs/%FF`: nothing has such a name. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError;
}

/** The one place where errors become answers. */
export function createErrorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, _next) => {
    if (error instanceof ClientGone) return;
    const requestId = response.locals.requestId as string;
    const known = isUndecodablePath(error) ? new AppError('not-found', 'There is no such path.') : error;
    const appError = known instanceof AppError ? known : new AppError('internal', 'unexpected error', { cause: known });
    const reply = problemReply(appError, requestId);
    const facts = { err: error, requestId, method: request.method, route: response.locals.route };
    if (reply.status === 500) log.error(facts, 'request failed unexpectedly');
    else if (reply.status === 503) log.warn(facts, 'request could not be served');
    sendReply(response, reply);
  };
}
