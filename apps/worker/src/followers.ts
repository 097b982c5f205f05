/** Who follows which runs: the relay topics of API processes. */
export interface Followers {
  /** An API process names what it follows, again and again. */
  add(topic: string, runIds: readonly string[]): void;
  of(runId: string): readonly string[];
  /** Runs that are remembered. */
  count(): number;
}

/** An API process repeats what it follows every 5 s; one that is gone is forgotten. Milliseconds. */
const followedForMs = 16_000;
/** Runs of all API processes together; beyond it the oldest are forgotten until they are named again. */
const maxRuns = 200_000;

/** @param nowMs - Unix milliseconds */
export function createFollowers(nowMs: () => number): Followers {
  /** By run the time until which each topic counts. Whatever was named longest ago comes first. */
  const byRun = new Map<string, Map<string, number>>();

  function forgetOldest(): void {
    const now = nowMs();
    for (const [runId, topics] of byRun) {
      const isExpired = [...topics.values()].every((untilMs) => untilMs < now);
      if (!isExpired && byRun.size <= maxRuns) return;
      byRun.delete(runId);
    }
  }

  return {
    add(topic, runIds) {
      const untilMs = nowMs() + followedForMs;
      for (const runId of runIds) {
        const topics = byRun.get(runId) ?? new Map<string, number>();
        topics.set(topic, untilMs);
        byRun.delete(runId);
        byRun.set(runId, topics);
      }
      forgetOldest();
    },
    of(runId) {
      const now = nowMs();
      return [...(byRun.get(runId) ?? [])].flatMap(([topic, untilMs]) => (untilMs < now ? [] : [topic]));
    },
    count: () => byRun.size,
  };
}
