import { AppError } from '@orchestrator/contracts';

export interface BatcherOptions<Item, Result> {
  /** Sends one batch; resolves to one result per item, in the order of the items. */
  readonly send: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Rows per batch at most. @defaultValue 500 */
  readonly maxItems?: number;
  /** Estimated bytes per batch at most; a single larger item still goes, alone. @defaultValue 4 MiB */
  readonly maxBytes?: number;
  /** Estimated size of one item in bytes. @defaultValue 0 */
  readonly sizeOf?: (item: Item) => number;
  /** Two items of the same key never share a batch: the second waits for the next flight, in order. */
  readonly exclusiveKey?: (item: Item) => string;
}

export interface Batcher<Item, Result> {
  add(item: Item): Promise<Result>;
  /** Refuses new items and resolves when everything queued has been answered. */
  close(): Promise<void>;
}

interface Entry<Item, Result> {
  readonly item: Item;
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

function turnOver(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Group commit. A flush starts when none is in flight, at the end of the current turn of the event loop (some µs when
 * idle), and takes all that queued up meanwhile: no added delay when idle, large batches under load (+27 to +50 %
 * runs/s at 100 in flight against starting at once). One flight at a time: more of them made it slower.
 *
 * When a batch is refused, it is split in halves until the item that can't be stored stands alone and only that one
 * rejects. When the store is unreachable the whole batch rejects: splitting would multiply the load on a sick server.
 */
export function createBatcher<Item, Result>(options: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  const { send, maxItems = 500, maxBytes = 4 * 1024 * 1024, sizeOf = () => 0, exclusiveKey } = options;
  let queue: Entry<Item, Result>[] = [];
  let flight: Promise<void> | undefined;
  let isClosed = false;

  function takeBatch(): Entry<Item, Result>[] {
    const batch: Entry<Item, Result>[] = [];
    const left: Entry<Item, Result>[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    for (const entry of queue) {
      const key = exclusiveKey?.(entry.item);
      const isFull = batch.length === maxItems || (batch.length > 0 && bytes + entry.bytes > maxBytes);
      if (isFull || (key !== undefined && keys.has(key))) {
        left.push(entry);
      } else {
        batch.push(entry);
        bytes += entry.bytes;
      }
      // What follows an item left behind must not overtake it within its own key.
      if (key !== undefined) keys.add(key);
    }
    queue = left;
    return batch;
  }

  async function deliver(batch: readonly Entry<Item, Result>[]): Promise<void> {
    let results: readonly Result[];
    try {
      results = await send(batch.map((entry) => entry.item));
    } catch (error) {
      if (batch.length === 1 || (error instanceof AppError && error.code === 'store-unavailable')) {
        for (const entry of batch) entry.reject(error);
        return;
      }
      const middle = batch.length >> 1;
      await deliver(batch.slice(0, middle));
      await deliver(batch.slice(middle));
      return;
    }
    for (const [index, entry] of batch.entries()) {
      entry.resolve(results[index] as Result);
    }
  }

  async function fly(): Promise<void> {
    while (queue.length > 0) {
      // Everything that this turn of the event loop still adds joins, above all the next step of each run whose last
      // commit has just been answered. Without it those runs alternate in two cohorts of half the size.
      await turnOver();
      await deliver(takeBatch());
    }
    flight = undefined;
  }

  return {
    add(item) {
      if (isClosed) return Promise.reject(new AppError('shutting-down', 'The store is closed.'));
      return new Promise<Result>((resolve, reject) => {
        queue.push({ item, bytes: sizeOf(item), resolve, reject });
        flight ??= fly();
      });
    },
    async close() {
      isClosed = true;
      await flight;
    },
  };
}
