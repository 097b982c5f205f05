import type { RelayMessage } from '@orchestrator/contracts';

/** 39 bytes an id in JSON: 390 kB, under the relay's 512 KiB a message. */
const maxIdsPerMessage = 10_000;

export interface FinishedNotices {
  add(topic: string, runId: string): void;
  /** Resolves when nothing is pending. */
  drained(): Promise<void>;
}

/**
 * Group commit of "this run is finished" per topic: one message in flight, what is added meanwhile goes in the next one.
 * @param publish - must not reject
 */
export function createFinishedNotices(publish: (topic: string, message: RelayMessage) => Promise<unknown>): FinishedNotices {
  const pending = new Map<string, Set<string>>();
  const flushes = new Map<string, Promise<void>>();

  async function flush(topic: string): Promise<void> {
    // Notices of one tick (a group commit finishes many runs at once) share the first message too.
    await Promise.resolve();
    for (let ids = pending.get(topic); ids !== undefined && ids.size > 0; ids = pending.get(topic)) {
      const runIds = [...ids].slice(0, maxIdsPerMessage);
      for (const runId of runIds) ids.delete(runId);
      await publish(topic, { type: 'runs-finished', runIds });
    }
    // Reply topics come and go with API processes.
    pending.delete(topic);
    flushes.delete(topic);
  }

  return {
    add(topic, runId) {
      let ids = pending.get(topic);
      if (ids === undefined) {
        ids = new Set();
        pending.set(topic, ids);
        flushes.set(topic, flush(topic));
      }
      ids.add(runId);
    },
    async drained() {
      await Promise.all(flushes.values());
    },
  };
}
