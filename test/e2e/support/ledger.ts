import { vi } from 'vitest';
import type { LedgerEntry } from '../../support/upstream/ledger.ts';
import type { Upstream } from '../../support/upstream/upstream.ts';

/** The calls whose prompt carries `[[marker]]`, in the order of arrival. */
export function callsOf(upstream: Upstream, marker: string): readonly LedgerEntry[] {
  return upstream.entries().filter((entry) => entry.marker === marker);
}

/** Waits until the vendor holds a call with this marker that it has not answered. */
export async function callInFlight(upstream: Upstream, marker: string): Promise<LedgerEntry> {
  const open = () => callsOf(upstream, marker).find((entry) => entry.closedAfterMs === null);
  return vi.waitUntil(open, { timeout: 20_000, interval: 10 });
}

/** Milliseconds between the arrivals of the calls with this marker. */
export function gapsMs(upstream: Upstream, marker: string): number[] {
  const calls = callsOf(upstream, marker);
  return calls.slice(1).map((call, index) => call.atMs - (calls[index]?.atMs ?? 0));
}
