import type { RelayMessage } from '@orchestrator/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportCircuits } from './report-circuits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('reports while a circuit is not closed, and once when the last has closed', () => {
  const sent: [string, RelayMessage][] = [];
  let circuits: Record<string, Record<string, 'open' | 'half-open'>> = {};
  const stop = reportCircuits({
    router: { troubledCircuits: () => circuits },
    queue: { publish: async (topic, message) => void sent.push([topic, message]) },
    workerId: 'w1',
    everyMs: 100,
  });
  const message = (state: object) => ['circuits', { type: 'circuits', workerId: 'w1', circuits: state }];
  vi.advanceTimersByTime(300);
  expect(sent).toEqual([]);
  circuits = { acme: { m: 'open' } };
  vi.advanceTimersByTime(200);
  circuits = {};
  vi.advanceTimersByTime(300);
  expect(sent).toEqual([message({ acme: { m: 'open' } }), message({ acme: { m: 'open' } }), message({})]);
  stop();
  circuits = { acme: { m: 'open' } };
  vi.advanceTimersByTime(500);
  expect(sent).toHaveLength(3);
});
