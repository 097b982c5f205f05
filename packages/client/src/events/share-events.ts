/** A source with several readers. */
export interface SharedEvents<Event> {
  /** Gets what comes while it reads; the first reader also what came before it. */
  read(): AsyncGenerator<Event>;
  /** Opens the source and waits for its first event, if nobody has read from it yet; nothing is lost for readers. */
  begin(): Promise<void>;
}

/**
 * Lets several readers read one source, which is opened when the first of them asks and goes no faster than they do together.
 * When the last one leaves, the source is closed; the next one opens it again, so `open` must go on where it was.
 */
export function shareEvents<Event>(open: () => AsyncGenerator<Event>): SharedEvents<Event> {
  const queues = new Set<Event[]>();
  const unread: Event[] = [];
  let source: AsyncGenerator<Event> | null = null;
  let advancing: Promise<boolean> | null = null;

  async function pull(): Promise<boolean> {
    source ??= open();
    try {
      const next = await source.next();
      if (next.done === true) return false;
      for (const queue of queues.size === 0 ? [unread] : queues) queue.push(next.value);
      return true;
    } catch (error) {
      source = null;
      throw error;
    }
  }

  function advance(): Promise<boolean> {
    advancing ??= pull().finally(() => {
      advancing = null;
    });
    return advancing;
  }

  return {
    async begin() {
      if (source === null) await advance();
      else await advancing;
    },
    async *read() {
      const queue = unread.splice(0);
      queues.add(queue);
      try {
        for (;;) {
          yield* queue.splice(0);
          const mayHaveMore = await advance();
          if (!mayHaveMore && queue.length === 0) return;
        }
      } finally {
        queues.delete(queue);
        if (queues.size === 0) {
          const closing = source;
          source = null;
          await closing?.return(undefined);
        }
      }
    },
  };
}
