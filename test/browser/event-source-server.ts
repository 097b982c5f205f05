import { createServer, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request for a stream of events, as it came from the browser. */
export interface SeenStream {
  readonly lastEventId: string | undefined;
  /** Of the API's answer. */
  status: number | undefined;
}

/** A web server as a user's own would be: a page, and behind it the API under the same origin. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
  readonly streams: readonly SeenStream[];
  /** Breaks every connection to the browser off, as a bad network would. */
  cut(): void;
}

export async function servePage(page: string, apiUrl: string): Promise<PageServer> {
  const { hostname, port } = new URL(apiUrl);
  const streams: SeenStream[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/api/')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      return;
    }
    const seen: SeenStream = { lastEventId: request.headers['last-event-id']?.toString(), status: undefined };
    streams.push(seen);
    open.add(response);
    const { url: path, method, headers } = request;
    const asked = forward({ hostname, port, path, method, headers: { ...headers, host: `${hostname}:${port}` } }, (answer) => {
      seen.status = answer.statusCode;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    asked.on('error', () => response.destroy());
    response.on('close', () => {
      open.delete(response);
      asked.destroy();
    });
    request.pipe(asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    cut() {
      for (const response of open) response.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
