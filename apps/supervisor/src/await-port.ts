import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@orchestrator/contracts';

const retryMs = 100;

/** Whether nobody listens there now; by trying, as only that asks the system the right question. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else {
        const message = `The API can't listen on ${host}:${port}: ${error.message}.`;
        reject(new AppError('invalid-configuration', message, { cause: error }));
      }
    });
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}

export interface AwaitPortOptions {
  readonly host: string;
  readonly port: number;
  /** Whether the port was asked for; if not, the API takes the next free one. */
  readonly isPortExplicit: boolean;
  /** How long a taken port may need to become free, in milliseconds: a previous copy may be about to end. */
  readonly patienceMs: number;
}

/**
 * Finds out early whether the API will be able to listen.
 * @throws AppError `conflict` when the port that was asked for stays taken
 */
export async function awaitPort(options: AwaitPortOptions): Promise<void> {
  const { host, port, isPortExplicit } = options;
  for (let waitedMs = 0; !(await isFree(host, port)); waitedMs += retryMs) {
    if (waitedMs >= options.patienceMs) {
      if (!isPortExplicit) return;
      throw new AppError('conflict', `Port ${port} on ${host} is taken. Stop what uses it, choose another PORT, or unset PORT.`);
    }
    await wait(retryMs);
  }
}
