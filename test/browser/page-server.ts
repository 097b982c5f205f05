import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageServer extends AsyncDisposable {
  readonly url: string;
  /** Paths below `/api` in the order in which they were asked for. */
  readonly forwarded: readonly string[];
  /** Breaks the connection of the next answer as soon as this many bytes of it were passed on. */
  cutNextAnswerAfter(bytes: number): void;
}

/** A page with one script, and the API behind the same origin, as a reverse proxy serves them. */
export async function startPageServer(options: { readonly script: string; readonly apiUrl: string }): Promise<PageServer> {
  const forwarded: string[] = [];
  let cutAfter: number | null = null;

  function forward(request: IncomingMessage, response: ServerResponse): void {
    forwarded.push(request.url ?? '');
    const limit = cutAfter;
    cutAfter = null;
    // The Host header stays that of the page, so that the API sees a page of its own origin.
    const passed = httpRequest(`${options.apiUrl}${request.url}`, { method: request.method ?? 'GET', headers: request.headers });
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      let sent = 0;
      answer.on('data', (piece: Buffer) => {
        sent += piece.length;
        response.write(piece);
        if (limit !== null && sent >= limit) response.destroy();
      });
      answer.on('end', () => response.end());
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  }

  const server = createServer((request, response) => {
    if (request.url?.startsWith('/api/')) forward(request, response);
    else if (request.url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(options.script);
    else {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>client</title><script type="module" src="/page.js"></script>');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwarded,
    cutNextAnswerAfter(bytes) {
      cutAfter = bytes;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
