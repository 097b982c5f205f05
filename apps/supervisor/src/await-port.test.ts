import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { awaitPort } from './await-port.ts';

const host = '127.0.0.1';
const servers: Server[] = [];

function occupy(): Promise<number> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => resolve((server.address() as { port: number }).port));
  });
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

describe('awaitPort', () => {
  it('refuses a taken port that was asked for', async () => {
    const port = await occupy();
    await expect(awaitPort({ host, port, isPortExplicit: true, patienceMs: 0 })).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken. Stop what uses it, choose another PORT, or unset PORT.`,
    );
  });

  it('leaves a taken default port to the API', async () => {
    await awaitPort({ host, port: await occupy(), isPortExplicit: false, patienceMs: 0 });
  });

  it('waits for a port that is about to become free', async () => {
    const port = await occupy();
    const free = awaitPort({ host, port, isPortExplicit: true, patienceMs: 5_000 });
    servers.pop()?.close();
    await free;
  });

  it('says why an address is impossible', async () => {
    const impossible = awaitPort({ host: '203.0.113.1', port: 3000, isPortExplicit: true, patienceMs: 0 });
    await expect(impossible).rejects.toThrow("The API can't listen on 203.0.113.1:3000");
  });
});
