import type { RelayMessage, Wake } from '@orchestrator/contracts';
import type { ApiQueue } from '../ports.ts';

export interface FakeQueue extends ApiQueue {
  readonly wakes: Wake[];
  readonly published: { topic: string; message: RelayMessage }[];
  readonly topics: ReadonlySet<string>;
  /** While set, every call rejects with it. */
  failure: unknown;
  /** Delivers a message to this process's subscribers. */
  deliver(topic: string, message: RelayMessage): void;
}

/** The queue's contract in memory, as far as the API sees it. */
export function createFakeQueue(): FakeQueue {
  const handlers = new Map<string, (message: RelayMessage) => void>();

  async function enter(): Promise<void> {
    await Promise.resolve();
    if (queue.failure !== null) throw queue.failure;
  }

  const queue: FakeQueue = {
    wakes: [],
    published: [],
    get topics() {
      return new Set(handlers.keys());
    },
    failure: null,
    deliver: (topic, message) => handlers.get(topic)?.(message),
    async wake(wakes) {
      await enter();
      queue.wakes.push(...wakes);
    },
    async publish(topic, message) {
      await enter();
      queue.published.push({ topic, message });
    },
    async subscribe(topic, handler) {
      await enter();
      handlers.set(topic, handler);
      return async () => {
        handlers.delete(topic);
      };
    },
    ping: enter,
  };
  return queue;
}
