import { AppError, type ClaimedDelivery, type CompletedDelivery } from '@orchestrator/contracts';
import type { Clock, DeliveryStore } from '../ports.ts';

interface Row {
  readonly delivery: ClaimedDelivery;
  attempts: number;
  /** null: it is over. */
  dueAtMs: number | null;
}

export interface MemoryStore extends DeliveryStore {
  add(endpointId: string, count?: number): void;
  readonly completed: readonly CompletedDelivery[];
  /** Calls so far. */
  claims: number;
  purges: number;
  /** Rows that are too old. */
  old: number;
  isDown: boolean;
}

/** The store's promises to the delivery loop: leases, fencing by attempt, limits per endpoint. */
export function createMemoryStore(clock: Clock): MemoryStore {
  const rows: Row[] = [];
  const completed: CompletedDelivery[] = [];
  const enter = async (): Promise<void> => {
    await Promise.resolve();
    if (store.isDown) throw new AppError('store-unavailable', 'The database does not answer.', { retryable: true });
  };
  const store: MemoryStore = {
    completed,
    claims: 0,
    purges: 0,
    old: 0,
    isDown: false,
    add(endpointId, count = 1) {
      for (let index = 0; index < count; index += 1) {
        const number = rows.length + 1;
        const delivery: ClaimedDelivery = {
          deliveryId: `delivery-${number}`,
          endpointId,
          eventId: `msg_${number}`,
          eventType: 'run.completed',
          attempt: 0,
          url: `https://${endpointId}.example/hooks`,
          secrets: ['whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz'],
          payload: { data: { number }, type: 'run.completed', version: 1, timestamp: '2026-12-01T00:00:00.000Z' },
        };
        rows.push({ delivery, attempts: 0, dueAtMs: clock.nowMs() });
      }
    },
    async claimWebhookDeliveries({ limit, perEndpoint, leaseMs, busy }) {
      store.claims += 1;
      await enter();
      const room = new Map(busy.map(({ endpointId, inFlight }) => [endpointId, perEndpoint - inFlight]));
      const claimed: ClaimedDelivery[] = [];
      for (const row of rows) {
        const { endpointId } = row.delivery;
        const left = room.get(endpointId) ?? perEndpoint;
        if (row.dueAtMs === null || row.dueAtMs > clock.nowMs() || left <= 0 || claimed.length === limit) continue;
        room.set(endpointId, left - 1);
        row.attempts += 1;
        row.dueAtMs = clock.nowMs() + leaseMs;
        claimed.push({ ...row.delivery, attempt: row.attempts });
      }
      return claimed;
    },
    async completeWebhookDelivery({ endpointId, ...completion }) {
      await enter();
      completed.push(completion);
      const row = rows.find(({ delivery }) => delivery.deliveryId === completion.deliveryId);
      if (row === undefined || row.attempts !== completion.attempt) return null;
      if (completion.outcome === 'released') row.attempts -= 1;
      row.dueAtMs = null;
      if (completion.outcome === 'released') row.dueAtMs = clock.nowMs();
      if (completion.outcome === 'retry') row.dueAtMs = clock.nowMs() + completion.retryInMs;
      return completion.outcome === 'failed' && completion.isGone === true ? { endpointId, reason: 'gone' } : null;
    },
    async purgeWebhookDeliveries(limit) {
      store.purges += 1;
      await enter();
      const deleted = Math.min(limit, store.old);
      store.old -= deleted;
      return { deleted };
    },
  };
  return store;
}
