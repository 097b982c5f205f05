import type { UpstreamUsage } from './answer.ts';
import type { Fault } from './script.ts';

/** One call that reached the upstream, in the order of arrival. */
export interface LedgerEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly provider: string | null;
  readonly idempotencyKey: string | null;
  readonly marker: string | null;
  readonly model: string;
  readonly maxTokens: number;
  readonly isStream: boolean;
  readonly fault: Fault['type'] | null;
  /** 0 while nothing was sent. */
  status: number;
  /** What the call is billed for; calls answered with an error status are free. */
  usage: UpstreamUsage | null;
  chargedNanoUsd: number;
  /** Everything was handed to the socket and the answer was a complete one. */
  isFullySent: boolean;
  /** The client closed the connection before the answer was complete. */
  isClientGone: boolean;
  /** Milliseconds from arrival to the end of the exchange; null while it is open. */
  closedAfterMs: number | null;
  readonly request?: unknown;
}

export interface LedgerSummary {
  readonly calls: number;
  readonly open: number;
  readonly chargedNanoUsd: number;
  readonly byIdempotencyKey: Readonly<Record<string, number>>;
  readonly byMarker: Readonly<Record<string, number>>;
}

export interface Ledger {
  add(entry: Omit<LedgerEntry, 'seq' | 'atMs'>): LedgerEntry;
  entries(): readonly LedgerEntry[];
  summary(): LedgerSummary;
  clear(): void;
}

function countBy(entries: readonly LedgerEntry[], keyOf: (entry: LedgerEntry) => string | null): Record<string, number> {
  const counts: Record<string, number> = Object.create(null);
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key !== null) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

export function createLedger(): Ledger {
  let entries: LedgerEntry[] = [];
  return {
    add(entry) {
      const added = { seq: entries.length + 1, atMs: Date.now(), ...entry };
      entries.push(added);
      return added;
    },
    entries: () => entries,
    summary: () => ({
      calls: entries.length,
      open: entries.filter((entry) => entry.closedAfterMs === null).length,
      chargedNanoUsd: entries.reduce((sum, entry) => sum + entry.chargedNanoUsd, 0),
      byIdempotencyKey: countBy(entries, (entry) => entry.idempotencyKey),
      byMarker: countBy(entries, (entry) => entry.marker),
    }),
    clear() {
      entries = [];
    },
  };
}
