/** Counters of one API process since its start. */
export interface ApiMetrics {
  /** Answered requests by `METHOD /route status`; requests that no route takes count under `unmatched`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Requests that wait for a run to finish right now. */
  readonly waitingCallers: number;
  /** Streams that are open now, events sent in them and readers disconnected since the start; followed runs and their readers. */
  readonly streams: Readonly<Record<'open' | 'sent' | 'stalled' | 'runs' | 'readers', number>>;
}

export interface RequestCounter {
  count(route: string, status: number): void;
  read(): Readonly<Record<string, number>>;
}

/** The keys are bounded: routes are patterns, never paths as sent. */
export function createRequestCounter(): RequestCounter {
  const counts = new Map<string, number>();
  return {
    count(route, status) {
      const key = `${route} ${status}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    read: () => Object.fromEntries(counts),
  };
}
