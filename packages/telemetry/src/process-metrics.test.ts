import { describe, expect, it } from 'vitest';
import { createProcessMetrics } from './process-metrics.ts';

function blockLoop(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs);
}

describe('createProcessMetrics', () => {
  it('sees a blocked event loop, and forgets it with the next reading', { timeout: 60_000 }, async () => {
    const read = createProcessMetrics();
    const blocking = setInterval(() => blockLoop(200), 100);
    await expect.poll(() => read().eventLoopDelayMs.max, { interval: 700, timeout: 20_000 }).toBeGreaterThan(100);
    clearInterval(blocking);
    await expect.poll(() => read().eventLoopDelayMs.max, { interval: 100, timeout: 20_000 }).toBeLessThan(100);
  });

  it('reads memory and utilization', () => {
    const { rssBytes, eventLoopUtilization } = createProcessMetrics()();
    expect(rssBytes).toBeGreaterThan(10_000_000);
    expect(eventLoopUtilization).toBeGreaterThanOrEqual(0);
    expect(eventLoopUtilization).toBeLessThanOrEqual(1);
  });
});
