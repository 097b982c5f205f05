import type { RouterClock } from '../clock.ts';
import { setBounded } from './bounded-map.ts';

/** Live time to a complete answer, per model. */
export interface Latencies {
  /** @param priorMs - the catalogue's figure, which counts until calls have been measured */
  estimateMs(provider: string, model: string, priorMs: number): number;
  /** A failed call counts as slow, however fast it failed: else a provider that refuses at once would be the fastest. */
  observe(
    provider: string,
    model: string,
    call: { readonly ms: number; readonly isFailure: boolean; readonly priorMs: number },
  ): void;
}

/** Weight of a new figure; the last seven calls make up nine tenths of the average. */
const newWeight = 0.3;
/** A figure that isn't renewed returns to the prior with this time constant, so that a model once slow is tried again. */
const forgetMs = 5 * 60_000;
const slowestMs = 120_000;

export function createLatencies(clock: Pick<RouterClock, 'now'>): Latencies {
  const figures = new Map<string, { readonly ms: number; readonly atMs: number }>();
  const keyOf = (provider: string, model: string) => `${provider}/${model}`;
  const estimate = (key: string, priorMs: number) => {
    const figure = figures.get(key);
    if (figure === undefined) return priorMs;
    return priorMs + (figure.ms - priorMs) * Math.exp(-Math.max(0, clock.now() - figure.atMs) / forgetMs);
  };
  return {
    estimateMs: (provider, model, priorMs) => estimate(keyOf(provider, model), priorMs),
    observe(provider, model, { ms, isFailure, priorMs }) {
      const key = keyOf(provider, model);
      const current = estimate(key, priorMs);
      const sample = Math.min(slowestMs, isFailure ? Math.max(ms, 2 * current) : ms);
      setBounded(figures, key, { ms: current + (sample - current) * newWeight, atMs: clock.now() });
    },
  };
}
