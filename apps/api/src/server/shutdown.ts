import type { Server } from 'node:http';

/** Open answers get this long; waiting callers are answered at once, so only slow readers need it. */
const drainMs = 5_000;
const closeIdleEveryMs = 50;

/**
 * Stops taking connections, lets `releaseCallers` answer those who wait, and resolves when every connection is closed,
 * by force after 5 s.
 */
export async function stopServer(server: Server, releaseCallers: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  releaseCallers();
  // The server has closed what was idle. A stream that ends now leaves a connection that its client would keep.
  const closeIdle = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
  const force = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(force);
}
