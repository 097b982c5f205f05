import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookEvent } from '@orchestrator/contracts';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';

/** One request as it came. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly event: WebhookEvent;
  /** `webhook-id` */
  readonly id: string;
  readonly atMs: number;
}

/** How the receiver answers; `hang`: not at all. */
export type Answer = number | { readonly status: number; readonly headers: Readonly<Record<string, string>> } | 'hang';

export interface WebhookReceiver {
  readonly port: number;
  url(path?: string): string;
  /** Decides on the answer to each request by its number on that path, from 1. @defaultValue 204 for all */
  answer: (received: Received, number: number) => Answer;
  on(path: string): readonly Received[];
  /** Waits until so many requests came on a path. */
  waitFor(path: string, count: number, timeoutMs?: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

/** Checks the signature as a receiver should; throws when it is not of this secret. */
export function verify({ body, headers }: Received, secret: string): unknown {
  return new Webhook(secret).verify(body, { ...headers });
}

/** An endpoint on the loopback interface that keeps all it gets. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const all: Received[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const id = headers['webhook-id'] ?? '';
      const received: Received = { path: request.url ?? '', headers, body, event: JSON.parse(body), id, atMs: Date.now() };
      all.push(received);
      const answer = receiver.answer(received, receiver.on(received.path).length);
      if (answer === 'hang') return;
      const { status, headers: more } = typeof answer === 'number' ? { status: answer, headers: {} } : answer;
      response.writeHead(status, more).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: WebhookReceiver = {
    port,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    answer: () => 204,
    on: (path) => all.filter((received) => received.path === path),
    waitFor(path, count, timeoutMs = 15_000) {
      const seen = () => receiver.on(path).length >= count && receiver.on(path);
      return vi.waitUntil(seen, { timeout: timeoutMs, interval: 10 });
    },
    async close() {
      server.closeAllConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
  return receiver;
}
