import { AppError, type Issue, type JsonValue, jsonPointer, validationError } from '@orchestrator/contracts';
import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import { tenantId } from '../tenant.ts';
import type { ApiTag } from './api-tags.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';
import { inspectJson } from './inspect-json.ts';
import { hasBody, type JsonBody, readJsonBody } from './json-body.ts';
import { type Reply, sendReply } from './reply.ts';
import type { RequestLimit } from './request-limit.ts';
import { checkSchema, type Schema } from './schema.ts';
import type { ReplyKeeper } from './stored-replies.ts';

/** One request as a route sees it. */
export interface Call {
  readonly requestId: string;
  /** W3C trace context for what the request causes; undefined when it belongs to no trace. */
  readonly traceparent: string | undefined;
  /** The route's path pattern: part of what an idempotency key of a run stands for. */
  readonly path: string;
  /** The path as it was sent, without the query. */
  readonly sentPath: string;
  /** Of the `Idempotency-Key` header; undefined when absent, and for GET. */
  readonly idempotencyKey: string | undefined;
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

/** One way in which a route can answer. */
export interface ResponseDoc {
  readonly description: string;
  /** Of the body. Absent: problem details for an error, no body otherwise. */
  readonly schema?: z.ZodType;
  /** @defaultValue 'application/json' */
  readonly contentType?: string;
  /** Headers beside those of every answer: name and what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the OpenAPI document says of a route. Errors that any route can answer need not be listed. */
export interface RouteDoc {
  /** Unique, camel case, verb first: names the method of generated clients. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** The group it is listed in. */
  readonly tag: ApiTag;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** A small body to try the route with. */
  readonly bodyExample?: JsonValue;
  /** Request headers that matter here: name and what it does. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the body of errors. @defaultValue problem details */
  readonly errorSchema?: z.ZodType;
  /** By status. */
  readonly responses: Readonly<Record<number, ResponseDoc>>;
}

export interface Route {
  /** `null`: no part of the interface. */
  readonly doc: RouteDoc | null;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Given: the route takes a JSON body of at most this size. */
  readonly bodyLimitBytes?: number;
  /** No body counts as `{}`. @defaultValue false */
  readonly isBodyOptional?: boolean;
  /** `none`: any parameter is an error. `own`: the route checks it. @defaultValue 'none' */
  readonly query?: 'none' | 'own';
  /** It starts runs, so its requests count against the tenant's limit. @defaultValue false */
  readonly isSubmission?: boolean;
  /**
   * The reply (with a body) to a request with an `Idempotency-Key` is kept for a day, and repeated instead of carrying the request out again.
   * Otherwise only the form of the key is checked, and the rest is the route's business. @defaultValue false
   */
  readonly keepsReply?: boolean;
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

/** What all routes share. */
export interface RouteServices {
  /** null: none. */
  readonly requestLimit: RequestLimit | null;
  readonly keepReply: ReplyKeeper;
}

async function answer(route: Route, services: RouteServices, request: Request, response: Response): Promise<void> {
  response.locals.route = `${route.method} ${route.path}`;
  const gone = abortWhenGone(response);
  if (route.isSubmission === true) {
    for (const [name, value] of Object.entries((await services.requestLimit?.(tenantId)) ?? {})) response.setHeader(name, value);
  }
  const header = (name: string): string | undefined => {
    const value = request.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  if (route.query !== 'own') refuseQuery(request.query);
  const idempotencyKey = route.method === 'GET' ? undefined : parseIdempotencyKey(header('idempotency-key'));
  const body = await readBodyOf(route, request);
  const call: Call = {
    requestId: response.locals.requestId as string,
    traceparent: response.locals.traceparent as string | undefined,
    path: route.path,
    sentPath: request.path,
    idempotencyKey,
    header,
    // A parameter that takes the rest of the path comes in segments.
    param: (name) => [request.params[name]].flat().join('/'),
    query: request.query,
    body,
    gone,
  };
  const isKept = route.keepsReply === true && idempotencyKey !== undefined;
  const keyed = { key: idempotencyKey ?? '', path: request.path, body: body.value };
  sendReply(response, await (isKept ? services.keepReply(keyed, () => route.handle(call)) : route.handle(call)));
}

/** Adds the routes, and for each of their paths the 405 (or the answer to OPTIONS) for other methods. */
export function addRoutes(app: Express, routes: readonly Route[], services: RouteServices): void {
  for (const [path, own] of Map.groupBy(routes, (route) => route.path)) {
    const allow = own.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
    const entry = app.route(path);
    for (const route of own) {
      const verb = route.method.toLowerCase() as Lowercase<Route['method']>;
      entry[verb]((request: Request, response: Response) => answer(route, services, request, response));
    }
    entry.all((request, response) => {
      response.locals.route = `* ${path}`;
      if (request.method === 'OPTIONS') {
        sendReply(response, { status: 204, headers: { Allow: allow } });
        return;
      }
      throw new AppError('method-not-allowed', `This path takes ${allow}.`, { details: { headers: { Allow: allow } } });
    });
  }
}
