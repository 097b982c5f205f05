import type { RouterClock } from '../clock.ts';

/**
 * Bounds the load that retries add to a provider in trouble: within a sliding minute, repeated calls of the same provider may be a
 * tenth of its calls, as in Finagle's and gRPC's retry throttling. The first ten of a minute are free, else a quiet process could
 * never retry.
 */
export interface RetryBudget {
  mayRetry(provider: string): boolean;
  record(provider: string, kind: 'call' | 'retry'): void;
}

const windowMs = 60_000;
const slotMs = 5_000;
const share = 0.1;
const freeRetries = 10;

interface Slot {
  readonly startMs: number;
  calls: number;
  retries: number;
}

export function createRetryBudget(clock: Pick<RouterClock, 'now'>): RetryBudget {
  const slotsOf = new Map<string, Slot[]>();
  const recent = (provider: string, nowMs: number): Slot[] => {
    const slots = (slotsOf.get(provider) ?? []).filter(({ startMs }) => nowMs - startMs < windowMs);
    slotsOf.set(provider, slots);
    return slots;
  };
  return {
    mayRetry(provider) {
      let calls = 0;
      let retries = 0;
      for (const slot of recent(provider, clock.now())) {
        calls += slot.calls;
        retries += slot.retries;
      }
      return retries < Math.max(freeRetries, Math.floor(calls * share));
    },
    record(provider, kind) {
      const nowMs = clock.now();
      const slots = recent(provider, nowMs);
      const last = slots.at(-1);
      const slot = last !== undefined && nowMs - last.startMs < slotMs ? last : { startMs: nowMs, calls: 0, retries: 0 };
      if (slot !== last) slots.push(slot);
      slot.calls += 1;
      if (kind === 'retry') slot.retries += 1;
    },
  };
}
