import { expect, it, vi } from 'vitest';
import { watchClock } from './clock-watch.ts';
import type { ClockSkew } from './queue.ts';

function setUp() {
  const state = { skewMs: 0, roundTripMs: 0, isFailing: false, localMs: 1_000_000 };
  const changes: ClockSkew[] = [];
  const lines: string[] = [];
  const write = (level: string) => (_facts: object, sentence: string) => void lines.push(`${level}: ${sentence}`);
  const start = () =>
    watchClock({
      readDatabaseMs: async () => {
        if (state.isFailing) throw new Error('no database');
        state.localMs += state.roundTripMs;
        return state.localMs - state.roundTripMs / 2 + state.skewMs;
      },
      onChange: (skew) => changes.push(skew),
      log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
      report: (_error, sentence) => lines.push(`report: ${sentence}`),
      nowMs: () => state.localMs,
    });
  return { state, changes, lines, start };
}

it('measures at start and each minute, and tells changes only', async () => {
  vi.useFakeTimers();
  try {
    const { state, changes, lines, start } = setUp();
    state.skewMs = -1_500;
    state.roundTripMs = 400;
    const watch = await start();
    expect(watch.isExceeded()).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changes).toEqual([{ skewMs: -1_500, isExceeded: true }]);
    state.skewMs = 900;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(watch.isExceeded()).toBe(false);
    state.isFailing = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(changes).toEqual([
      { skewMs: -1_500, isExceeded: true },
      { skewMs: 900, isExceeded: false },
    ]);
    expect(lines.map((line) => line.split(':')[0])).toEqual(['error', 'info', 'report']);
    watch.stop();
    state.isFailing = false;
    state.skewMs = 5_000;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(watch.isExceeded()).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

it('judges nothing by an answer that was too slow', async () => {
  const { state, start, changes } = setUp();
  state.roundTripMs = 5_000;
  state.skewMs = 2_400;
  const watch = await start();
  expect(watch.isExceeded()).toBe(false);
  expect(changes).toEqual([]);
  watch.stop();
});
