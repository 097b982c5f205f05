import { median } from './statistics.ts';

/** Measured values by name, one per round. */
export type Samples = Record<string, number[]>;

export function record(samples: Samples, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    samples[name] ??= [];
    samples[name].push(value);
  }
}

/** The median over the rounds, undefined when it was never measured. */
export function medianOf(samples: Samples, name: string): number | undefined {
  const values = samples[name];
  return values === undefined || values.length === 0 ? undefined : median(values);
}

/**
 * How many times `above` is what `below` is. The quotient of each round, then the median: what slows the machine down for a while
 * slows both sides of a round.
 */
export function ratioOf(samples: Samples, above: string, below: string): number | undefined {
  const tops = samples[above] ?? [];
  const bottoms = samples[below] ?? [];
  const quotients = tops.flatMap((top, round) => {
    const bottom = bottoms[round];
    return bottom === undefined || bottom === 0 ? [] : [top / bottom];
  });
  return quotients.length === 0 ? undefined : median(quotients);
}
