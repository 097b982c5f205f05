/** Remembers what arrived and tells who waits for it; nothing here looks at a clock. */
export interface Recorder<T> {
  readonly items: readonly T[];
  record(item: T): void;
  /** Resolves as soon as `isEnough` holds for what has arrived. */
  until(isEnough: (items: readonly T[]) => boolean): Promise<void>;
}

export function createRecorder<T>(): Recorder<T> {
  const items: T[] = [];
  let waiters: { isEnough: (items: readonly T[]) => boolean; resolve: () => void }[] = [];
  return {
    items,
    record(item) {
      items.push(item);
      const done = waiters.filter((waiter) => waiter.isEnough(items));
      waiters = waiters.filter((waiter) => !done.includes(waiter));
      for (const waiter of done) waiter.resolve();
    },
    until(isEnough) {
      if (isEnough(items)) return Promise.resolve();
      return new Promise((resolve) => waiters.push({ isEnough, resolve }));
    },
  };
}
