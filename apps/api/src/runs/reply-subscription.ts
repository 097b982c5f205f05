import type { RelayMessage } from '@orchestrator/contracts';
import type { ApiQueue, Clock, Log } from '../ports.ts';

const retryMs = 2_000;

/** The relay topic on which an API process hears of runs that it waits for. */
export function replyTopic(nodeId: string): string {
  return `replies.${nodeId}`;
}

/**
 * Subscribes, and tries again until it works: without the subscription waiting still works, by polling.
 * @returns a function that ends it
 */
export function keepSubscribed(
  deps: { readonly queue: Pick<ApiQueue, 'subscribe'>; readonly clock: Clock; readonly log: Log },
  topic: string,
  handler: (message: RelayMessage) => void,
): () => Promise<void> {
  let isClosed = false;
  let stopTimer = (): void => {};

  async function attempt(): Promise<(() => Promise<void>) | null> {
    try {
      return await deps.queue.subscribe(topic, handler);
    } catch (error) {
      if (isClosed) return null;
      deps.log.warn({ err: error, topic }, 'subscription to replies failed, callers are served by polling until it works');
      stopTimer = deps.clock.setTimer(retryMs, () => {
        current = attempt();
      });
      return null;
    }
  }
  let current = attempt();

  return async () => {
    isClosed = true;
    stopTimer();
    const unsubscribe = await current;
    await unsubscribe?.();
  };
}
