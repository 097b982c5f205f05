import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
}

/** A server on the loopback interface whose answers a test writes itself, for vendors with wire formats of their own. */
export interface ScriptedServer {
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** How many connections were opened so far. */
  connections(): number;
  /** Every request from now on gets this answer; forgets the requests seen so far. */
  answerWith(answer: (response: ServerResponse, request: SeenRequest) => void): void;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  let answer = (response: ServerResponse, _request: SeenRequest) => {
    response.writeHead(500).end('the test named no answer');
  };
  const requests: SeenRequest[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
    requests.push(seen);
    answer(response, seen);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    answerWith(next) {
      requests.length = 0;
      answer = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A JSON answer. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}) {
  return (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/**
 * A stream of events, each with its `type` as the event's name, if it has one.
 * @param ends - `hang`: the connection stays open; `cut`: it breaks
 */
export function eventStream(events: readonly object[], ends: 'end' | 'cut' | 'hang' = 'end') {
  return (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      const name = 'type' in event ? `event: ${String(event.type)}\n` : '';
      response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
    }
    if (ends === 'end') response.end();
    // The callback of a write of its own: everything before it has left.
    if (ends === 'cut') response.write(' ', () => response.destroy());
  };
}
