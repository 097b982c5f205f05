/** Hands items from a producer that never waits to one consumer. */
export interface PartQueue<Item> {
  push(item: Item): void;
  /** No more items come; with an error, the consumer gets it after the items that are there. Only the first call counts. */
  end(error?: unknown): void;
  /** The next item, `undefined` after the last. @throws what `end` was given */
  next(): Promise<Item | undefined>;
}

export function createPartQueue<Item>(): PartQueue<Item> {
  let items: Item[] = [];
  let taken = 0;
  let ended: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  return {
    push(item) {
      items.push(item);
      notify();
    },
    end(error) {
      ended ??= { error };
      notify();
    },
    async next() {
      for (;;) {
        if (taken < items.length) return items[taken++];
        items = [];
        taken = 0;
        if (ended !== undefined) {
          if (ended.error === undefined) return undefined;
          throw ended.error;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
