import { setTimeout as delay } from 'node:timers/promises';

export interface Load {
  /** Submits no more and waits until everything submitted is accepted. */
  stop(): Promise<void>;
}

/** Open-loop load: submissions start at a steady pace whether or not earlier ones were answered. */
export function startLoad(perSecond: number, submit: () => Promise<unknown>): Load {
  const stopping = new AbortController();
  const submitted: Promise<unknown>[] = [];
  const startedAtMs = Date.now();
  const pacing = (async () => {
    for (let count = 1; !stopping.signal.aborted; count += 1) {
      const submission = submit();
      submission.catch(() => {}); // reported by stop()
      submitted.push(submission);
      const nextAtMs = startedAtMs + (count * 1_000) / perSecond;
      await delay(Math.max(0, nextAtMs - Date.now()), undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await pacing;
      await Promise.all(submitted);
    },
  };
}
