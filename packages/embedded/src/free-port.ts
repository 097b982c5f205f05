import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of 127.0.0.1 that is free at this moment: the preferred one if possible. Somebody may still take it first. */
export async function pickFreePort(preferred: number | null): Promise<number> {
  return (preferred === null ? null : await tryPort(preferred)) ?? (await tryPort(0)) ?? 0;
}

async function tryPort(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return null;
  }
  const { port: bound } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return bound;
}
