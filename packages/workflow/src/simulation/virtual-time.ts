interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Resolves when every microtask queued so far has run. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The only clock of a simulation: callbacks run one at a time, in time order, each until its promises have settled. */
export class VirtualTime {
  #nowMs: number;
  #order = 0;
  /** Binary heap by (atMs, order). */
  readonly #heap: Scheduled[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** @returns a function that cancels the callback */
  after(delayMs: number, callback: () => void): () => void {
    let isCancelled = false;
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback: () => isCancelled || callback() });
    return () => {
      isCancelled = true;
    };
  }

  /** Runs until `isDone`, until nothing is left to do, or until the limit. @returns whether `isDone` was reached */
  async run(isDone: () => boolean, untilMs: number, afterEach: () => void): Promise<boolean> {
    await microtasksDone();
    while (!isDone()) {
      const next = this.#pop();
      if (next === undefined || next.atMs > untilMs) return false;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await microtasksDone();
      afterEach();
    }
    return true;
  }

  #isBefore(a: Scheduled, b: Scheduled): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #push(item: Scheduled): void {
    const heap = this.#heap;
    heap.push(item);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Scheduled;
      if (!this.#isBefore(item, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = item;
  }

  #pop(): Scheduled | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1] as Scheduled, heap[child] as Scheduled)) child += 1;
      if (!this.#isBefore(heap[child] as Scheduled, last)) break;
      heap[index] = heap[child] as Scheduled;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}
