import type { WakeJob } from '@orchestrator/contracts';
import { type IQueueBackend, Worker, type WorkerOptions } from 'bullmq';

/** A Worker that can be left behind when `close()` hangs on a server that is gone. */
export class WakeWorker<Backend extends IQueueBackend, Connection> extends Worker<
  WakeJob,
  void,
  string,
  Backend,
  number,
  Connection
> {
  /** Stops the timers that renew locks. */
  async abandon(): Promise<void> {
    await this.lockManager.close();
  }
}

/**
 * - `lockDuration` outlasts short outages and long pauses of the event loop: a lock that runs out means a second delivery,
 *   harmless (the claim answers "nothing to do") but useless. Crash recovery is not BullMQ's job here, so it may be long.
 * - `maxStalledCount` beyond reach: BullMQ must never fail a job because workers died; the store counts poison.
 * - `runRetryDelay`, `drainDelay`: how soon an idle Worker notices that the server is back, in ms and s.
 */
export const workerOptions = {
  autorun: false,
  lockDuration: 60_000,
  stalledInterval: 30_000,
  maxStalledCount: 1_000_000,
  runRetryDelay: 500,
  drainDelay: 5,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
} as const satisfies Partial<WorkerOptions>;

const fetchErrorDelayMs = 250;

/**
 * After a failed fetch BullMQ tries again at once unless the error says "connection refused": thousands of times a second
 * while Redis is out of memory or Postgres is starting. The pause is put under it.
 */
export function slowDownFailedFetches<Backend extends IQueueBackend>(backend: Backend): Backend {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      return await moveToActive(token, name);
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, fetchErrorDelayMs));
      throw error;
    }
  };
  return backend;
}
