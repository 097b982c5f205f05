import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServerLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}

export interface ServeMetricsOptions {
  /** Loopback address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: MetricsServerLog;
  /** @defaultValue 5000 */
  readonly retryMs?: number;
}

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  response.end(body);
}

async function answer(registry: Registry, log: MetricsServerLog, request: IncomingMessage, response: ServerResponse) {
  request.resume();
  const [path] = (request.url ?? '').split('?', 1);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  // A web page could reach this port under a name of its own that it lets resolve to 127.0.0.1.
  if (!loopbackHost.test(request.headers.host ?? '')) return send(response, 403, 'text/plain', 'forbidden\n');
  if (path !== '/metrics') return send(response, 404, 'text/plain', 'only /metrics is here\n');
  if (!isRead) return send(response, 405, 'text/plain', 'only GET is taken\n');
  try {
    send(response, 200, registry.contentType, await registry.metrics());
  } catch (error) {
    log.warn({ error }, 'a metric could not be read');
    send(response, 500, 'text/plain', 'a metric could not be read\n');
  }
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`;
}

/**
 * Serves `GET /metrics`. A port that is taken is tried again and again: whoever watches a process must not keep it from its work.
 * @returns a function that stops it
 */
export function serveMetrics(registry: Registry, options: ServeMetricsOptions): () => Promise<void> {
  const { host, port, log, retryMs = 5_000 } = options;
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, (request, response) => {
    void answer(registry, log, request, response);
  });
  let retry: NodeJS.Timeout | undefined;
  const listen = (): void => {
    if (!server.listening) server.listen({ host, port });
  };
  server.on('listening', () => log.info({ url: urlOf(server, host) }, 'metrics listening'));
  server.on('error', (error) => {
    log.warn({ error, host, port }, 'metrics can not be served, trying again');
    retry = setTimeout(listen, retryMs);
    retry.unref();
  });
  listen();
  server.unref();
  return async () => {
    clearTimeout(retry);
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
}
