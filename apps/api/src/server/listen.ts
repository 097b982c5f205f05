import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@orchestrator/contracts';
import type { Express } from 'express';

const maxPortsTried = 100;

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A taken port is an error instead of a reason to take the next one. */
  readonly isPortExplicit: boolean;
}

export interface Listening {
  readonly server: Server;
  readonly url: string;
}

function listenOnce(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Starts a server for the app. Slow senders are cut off: 15 s for the headers, 60 s for the whole request (answers may
 * take as long as they need); idle connections are closed after 65 s, later than the 60 s of common load balancers, so
 * that these never reuse one that is just closing.
 * @throws AppError `invalid-configuration` when the address can't be used or the chosen port is taken
 */
export async function listen(app: Express, options: ListenOptions): Promise<Listening> {
  const server = createServer(
    { headersTimeout: 15_000, requestTimeout: 60_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 5_000 },
    app,
  );
  const { host } = options;
  const lastPort = options.isPortExplicit || options.port === 0 ? options.port : Math.min(65_535, options.port + maxPortsTried);
  for (let port = options.port; ; port += 1) {
    try {
      await listenOnce(server, host, port);
      return { server, url: urlOf(server, host) };
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port < lastPort) continue;
      const problem =
        code === 'EADDRINUSE'
          ? `port ${options.port} on ${host} is taken: stop what uses it or choose another PORT`
          : `the API can't listen on ${host}:${port} (${code})`;
      throw new AppError('invalid-configuration', `Invalid configuration: ${problem}.`, { cause });
    }
  }
}
