import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const seeds = 2_000;

describe('the engine under every fault', () => {
  it(`keeps its promises in ${seeds} random worlds`, { timeout: 120_000 }, async () => {
    const total = { runs: 0, calls: 0, crashes: 0, stops: 0, takeovers: 0, fallbacks: 0, asked: 0, decided: 0 };
    const broken: string[] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const result = await simulate(seed);
      broken.push(...result.violations.map((sentence) => `seed ${seed}: ${sentence}`));
      for (const key of ['runs', 'calls', 'crashes', 'stops', 'takeovers', 'fallbacks'] as const) total[key] += result[key];
      total.asked += result.approvals.asked;
      total.decided += result.approvals.decided;
    }
    expect(broken).toEqual([]);
    // The worlds must really contain what they are for.
    expect(total.runs).toBeGreaterThan(2 * seeds);
    expect(total.calls).toBeGreaterThan(2 * seeds);
    expect(total.crashes).toBeGreaterThan(seeds / 4);
    expect(total.stops).toBeGreaterThan(seeds / 4);
    expect(total.takeovers).toBeGreaterThan(seeds / 4);
    expect(total.fallbacks).toBeGreaterThan(seeds / 4);
    expect(total.asked).toBeGreaterThan(seeds / 4);
    expect(total.decided).toBeGreaterThan(seeds / 8);
  });

  it('plays the same world again for the same seed', async () => {
    expect(await simulate(42)).toEqual(await simulate(42));
  });
});
