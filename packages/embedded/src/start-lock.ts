import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** `O_EXLOCK | O_NONBLOCK` of the BSDs, macOS included: open and `flock` in one step. */
const exclusiveNonBlocking = 0x20 | 0x4;

/**
 * Serialises starting and stopping of one cluster between processes. The kernel gives the lock back when its holder
 * dies, so it can't go stale: an abstract socket on Linux, a named pipe on Windows, a locked file elsewhere. Waiting is a
 * connection to the holder that closes when it lets go.
 */
export async function withStartLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const release = await acquire(dataDir);
  try {
    return await work();
  } finally {
    await release();
  }
}

type Release = () => Promise<void>;

async function acquire(dataDir: string): Promise<Release> {
  const id = createHash('sha256').update(dataDir).digest('hex').slice(0, 32);
  for (;;) {
    if (process.platform === 'linux' || process.platform === 'win32') {
      const address = process.platform === 'linux' ? `\0orchestrator-postgres-${id}` : `\\\\.\\pipe\\orchestrator-postgres-${id}`;
      const release = await tryListen(address);
      if (release !== null) return release;
      await waitForHolder(address);
    } else {
      const release = await tryLockFile(join(dataDir, 'start.lock'));
      if (release !== null) return release;
      await delay(100);
    }
  }
}

async function tryListen(address: string): Promise<Release | null> {
  const waiting = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
  });
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw error;
  }
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of waiting) socket.destroy();
    await closed;
  };
}

async function waitForHolder(address: string): Promise<void> {
  const socket = connect(address);
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
  });
}

async function tryLockFile(path: string): Promise<Release | null> {
  const readWriteCreate = 0x2 | 0x200;
  try {
    const file = await open(path, readWriteCreate | exclusiveNonBlocking, 0o600);
    return () => file.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
