import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App } from '@supabase/lite';
import { createPostgresConnection } from '@supabase/lite/postgres';

export interface LiteServer {
  readonly url: string;
  readonly serviceRoleKey: string;
  close(): Promise<void>;
}

const roleOfKey: Readonly<Record<string, string>> = { 'secret-key': 'service_role', 'publishable-key': 'anon' };

/**
 * Supabase Lite on a real Postgres behind a real socket: a PostgREST that is not ours. It is an alpha; what it needs:
 * json parameters handed over as text (it would encode them twice), one request before any concurrent ones, and no
 * faith in grants (it re-grants what migrations revoked).
 */
export async function startLiteServer(databaseUrl: string): Promise<LiteServer> {
  const jsonAsText = (oid: number) => ({
    to: oid,
    from: [oid],
    serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
    parse: (text: string) => JSON.parse(text) as unknown,
  });
  const connection = createPostgresConnection({
    url: databaseUrl,
    postgresOptions: { max: 6, onnotice: () => {}, types: { json: jsonAsText(114), jsonb: jsonAsText(3802) } },
  });
  const app = new App({
    connection,
    auth: { enabled: false },
    options: {
      server: {
        apiKeys: {
          resolver: async (key) => {
            const role = roleOfKey[key];
            return role === undefined ? null : { type: role === 'anon' ? 'publishable' : 'secret', claims: { role } };
          },
        },
      },
    },
  });
  await app.init();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const init = { method: request.method ?? 'GET', headers, body: Buffer.concat(chunks) };
    const result = await app.fetch(new Request(`http://${request.headers.host}${request.url}`, init), {
      peerAddress: '127.0.0.1',
    });
    response.writeHead(result.status, Object.fromEntries(result.headers));
    response.end(Buffer.from(await result.arrayBuffer()));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(`${url}/rest/v1/rpc/ping`, {
    method: 'POST',
    headers: { apikey: 'secret-key', 'content-type': 'application/json' },
    body: '{"p":{}}',
  });
  return {
    url,
    serviceRoleKey: 'secret-key',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await connection.close();
    },
  };
}
