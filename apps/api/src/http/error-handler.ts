import { AppError } from '@orchestrator/contracts';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { asKnownError, isOpenAiPath, openAiErrorReply } from '../openai/errors/error-reply.ts';
import type { Log } from '../ports.ts';
import { problemReply } from '../problem/problem-reply.ts';
import { ClientGone } from './read-body.ts';
import { type Reply, sendReply } from './reply.ts';

/** Express itself throws only for paths it can't decode, such as `/api/jobs/%FF`: nothing has such a name. */
function isUndecodablePath(error: unknown): boolean {
  return error instanceof URIError;
}

/** OpenAI's clients get errors in the shape that they know, whatever the error. */
function replyTo(error: unknown, path: string, requestId: string): Reply {
  if (isOpenAiPath(path)) return openAiErrorReply(asKnownError(error), requestId);
  return problemReply(
    error instanceof AppError ? error : new AppError('internal', 'unexpected error', { cause: error }),
    requestId,
  );
}

/** The one place where errors become answers. */
export function createErrorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, _next) => {
    if (error instanceof ClientGone) return;
    const requestId = response.locals.requestId as string;
    const reply = replyTo(
      isUndecodablePath(error) ? new AppError('not-found', 'There is no such path.') : error,
      request.path,
      requestId,
    );
    const facts = { err: error, requestId, method: request.method, route: response.locals.route };
    if (reply.status === 500) log.error(facts, 'request failed unexpectedly');
    else if (reply.status === 503) log.warn(facts, 'request could not be served');
    sendReply(response, reply);
  };
}
