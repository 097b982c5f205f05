import { AppError, type Issue, jsonPointer, validationError } from '@orchestrator/contracts';
import type { Express, Request, Response } from 'express';
import { inspectJson } from './inspect-json.ts';
import { hasBody, type JsonBody, readJsonBody } from './json-body.ts';
import { type Reply, sendReply } from './reply.ts';
import { checkSchema, type Schema } from './schema.ts';

/** One request as a route sees it. */
export interface Call {
  readonly requestId: string;
  /** The route's path pattern: part of what an idempotency key stands for. */
  readonly path: string;
  /** Of a header that must not be repeated, repetitions joined by a comma; undefined when absent. */
  header(name: string): string | undefined;
  param(name: string): string;
  /** The query as sent: texts, or lists of texts for repeated names. */
  readonly query: unknown;
  /** `null` for routes without `bodyLimitBytes`. */
  readonly body: JsonBody;
  /** Aborted when the client goes away before the answer. */
  readonly gone: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Given: the route takes a JSON body of at most this size. */
  readonly bodyLimitBytes?: number;
  /** No body counts as `{}`. @defaultValue false */
  readonly isBodyOptional?: boolean;
  /** `none`: any parameter is an error. `own`: the route checks it. @defaultValue 'none' */
  readonly query?: 'none' | 'own';
  handle(call: Call): Promise<Reply> | Reply;
}

function asQueryIssue(issue: Issue): Issue {
  return issue.code === 'unknown-field' ? { ...issue, code: 'unknown-parameter', message: 'unknown query parameter' } : issue;
}

/**
 * Parses a query; pointers name parameters.
 * @throws AppError `validation-failed`
 */
export function parseQuery<T>(schema: Schema<T>, query: unknown): T {
  const inspection = inspectJson(query);
  const checked = checkSchema(schema, query);
  if (checked.ok && inspection.issues.length === 0) return checked.data;
  const issues = [...inspection.issues, ...(checked.ok ? [] : checked.issues)].map(asQueryIssue);
  throw validationError(issues, 'The query breaks one or more rules.');
}

function refuseQuery(query: object): void {
  const names = Object.keys(query);
  if (names.length === 0) return;
  throw validationError(
    names.map((name) => asQueryIssue({ pointer: jsonPointer([name]), code: 'unknown-field', message: '' })),
    'This route takes no query parameters.',
  );
}

function abortWhenGone(response: Response): AbortSignal {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

async function readBodyOf(route: Route, request: Request): Promise<JsonBody> {
  if (route.bodyLimitBytes === undefined) return { value: null, issues: [] };
  if (route.isBodyOptional === true && !hasBody(request)) return { value: {}, issues: [] };
  return readJsonBody(request, route.bodyLimitBytes);
}

async function answer(route: Route, request: Request, response: Response): Promise<void> {
  response.locals.route = `${route.method} ${route.path}`;
  const gone = abortWhenGone(response);
  if (route.query !== 'own') refuseQuery(request.query);
  const body = await readBodyOf(route, request);
  const reply = await route.handle({
    requestId: response.locals.requestId as string,
    path: route.path,
    header: (name) => {
      const value = request.headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    param: (name) => String(request.params[name]),
    query: request.query,
    body,
    gone,
  });
  sendReply(response, reply);
}

/** Adds a route, and the 405 (or the answer to OPTIONS) for the other methods of its path. */
export function addRoute(app: Express, route: Route): void {
  const allow = route.method === 'GET' ? 'GET, HEAD' : 'POST';
  const handler = (request: Request, response: Response) => answer(route, request, response);
  const entry = app.route(route.path);
  if (route.method === 'GET') entry.get(handler);
  else entry.post(handler);
  entry.all((request, response) => {
    response.locals.route = `* ${route.path}`;
    if (request.method === 'OPTIONS') {
      sendReply(response, { status: 204, headers: { Allow: allow } });
      return;
    }
    throw new AppError('method-not-allowed', `This path takes ${allow}.`, { details: { headers: { Allow: allow } } });
  });
}
