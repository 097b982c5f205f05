import type { WorkerLoss } from '../world/record.ts';
import type { EventFacts } from './facts.ts';

/**
 * For every run that a lost worker held: milliseconds from the loss until another worker went on with it.
 * A run whose last commit was on its way when the worker died has none.
 */
export function takeoverTimes(losses: readonly WorkerLoss[], events: readonly EventFacts[]): readonly number[] {
  const takeovers = Map.groupBy(events.filter(isTakeover), (event) => event.runId);
  return losses.flatMap((loss) =>
    loss.runIds.flatMap((runId) => {
      const first = takeovers.get(runId)?.find((event) => event.atMs >= loss.atMs);
      return first === undefined ? [] : [Math.round(first.atMs - loss.atMs)];
    }),
  );
}

export function isTakeover(event: EventFacts): boolean {
  return event.type === 'run-resumed' && event.data.isTakeover === true;
}

/** Nearest rank; null without values. @param share - 0 to 1 */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
