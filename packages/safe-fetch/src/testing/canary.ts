import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Canary extends AsyncDisposable {
  readonly port: number;
  /** TCP connections so far. */
  readonly connections: number;
  /** What was asked, as `METHOD host path`. */
  readonly requests: readonly string[];
}

/** A server on every address of this machine that must not be reached, or answers as told. */
export async function startCanary(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end('inside'),
): Promise<Canary> {
  let connections = 0;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.url}`);
    answer(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
