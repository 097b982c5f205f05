import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers one request. */
export type Step = (response: ServerResponse, request: Received) => void | Promise<void>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
}

/** A server that answers the first request by the first step and so on; the last step answers all further ones. */
export async function startScriptedServer(...steps: readonly Step[]): Promise<ScriptedServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const entry = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
      received.push(entry);
      const step = steps[Math.min(received.length, steps.length) - 1];
      if (step === undefined) throw new Error('a scripted server takes at least one step');
      void step(response, entry);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Step {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Answers with a problem. */
export function problem(status: number, code: string, fields: object = {}, headers: Readonly<Record<string, string>> = {}): Step {
  const body = { type: `urn:problem-type:orchestrator:${code}`, title: code, status, detail: `It is ${code}.`, code };
  return json(
    status,
    { ...body, requestId: 'r-1', retryable: false, ...fields },
    { 'content-type': 'application/problem+json', ...headers },
  );
}

/** Takes the request and breaks the connection. */
export const hangUp: Step = (response) => {
  response.destroy();
};

/** Answers with pieces of an event stream, then ends it, breaks it, or leaves it open. */
export function stream(
  pieces: readonly (string | Uint8Array)[],
  {
    end = 'end',
    headers = {},
  }: { readonly end?: 'end' | 'break' | 'open'; readonly headers?: Readonly<Record<string, string>> } = {},
): Step {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    response.flushHeaders();
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve));
    if (end === 'end') response.end();
    if (end === 'break') response.destroy();
  };
}
