import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import express from 'express';
import { expect, it } from 'vitest';
import { listen } from './listen.ts';
import { stopServer } from './shutdown.ts';

async function takenPort() {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => server.close() };
}

it('takes the next port when the default one is taken', async () => {
  using taken = await takenPort();
  const { server, url } = await listen(express(), { host: '127.0.0.1', port: taken.port, isPortExplicit: false });
  expect(Number(new URL(url).port)).toBeGreaterThan(taken.port);
  await stopServer(server, () => {});
});

it('refuses in one clear line when the port was asked for', async () => {
  using taken = await takenPort();
  await expect(listen(express(), { host: '127.0.0.1', port: taken.port, isPortExplicit: true })).rejects.toMatchObject({
    code: 'invalid-configuration',
    message: `Invalid configuration: port ${taken.port} on 127.0.0.1 is taken: stop what uses it or choose another PORT.`,
  });
});

it('says so when the address is not this machine', async () => {
  await expect(listen(express(), { host: '192.0.2.1', port: 0, isPortExplicit: false })).rejects.toMatchObject({
    code: 'invalid-configuration',
    message: expect.stringContaining("can't listen on 192.0.2.1"),
  });
});

it('stops although clients keep their connections', async () => {
  const { server, url } = await listen(express(), { host: '127.0.0.1', port: 0, isPortExplicit: true });
  await (await fetch(url)).text();
  let isReleased = false;
  await stopServer(server, () => {
    isReleased = true;
  });
  expect(isReleased).toBe(true);
  await expect(fetch(url)).rejects.toThrow();
});

it('stops as soon as the last answer has ended, although its client keeps the connection', async () => {
  const app = express();
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<express.Response>();
  app.get('/', (_, response) => {
    response.flushHeaders();
    asked(response);
  });
  const { server, url } = await listen(app, { host: '127.0.0.1', port: 0, isPortExplicit: true });
  const agent = new Agent({ keepAlive: true });
  const answer = new Promise<void>((resolve, reject) => {
    get(url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  const response = await isAsked;
  const startedMs = performance.now();
  await stopServer(server, () => void response.end());
  await answer;
  // Connections are closed by force after 5 s only.
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  agent.destroy();
});
