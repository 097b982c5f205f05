import type { Response } from 'express';

/** What a route answers; how it is written is decided in one place. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** @defaultValue 'application/json' */
  readonly contentType?: string;
  /** Instead of a body: writes the rest of the answer, and ends it. Called once the headers are sent. Must not throw. */
  readonly stream?: (response: Response) => void;
}

/** Writes a reply, unless the client is gone. */
export function sendReply(response: Response, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = reply.status;
  if (response.app.locals.isClosing === true) response.setHeader('Connection', 'close');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.stream !== undefined) {
    if (reply.contentType !== undefined) response.setHeader('Content-Type', reply.contentType);
    response.flushHeaders();
    if (response.req.method === 'HEAD') response.end();
    else reply.stream(response);
    return;
  }
  if (reply.body === undefined) {
    response.end();
    return;
  }
  const text = Buffer.from(JSON.stringify(reply.body));
  response.setHeader('Content-Type', reply.contentType ?? 'application/json');
  response.setHeader('Content-Length', text.length);
  response.end(text);
}
