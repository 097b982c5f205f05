import type { ClaimDeliveries, ClaimedDelivery, CompletedDelivery, DisabledEndpoint } from '@orchestrator/contracts';

/** The store as the delivery loop sees it. Rejects when it can't be reached. */
export interface DeliveryStore {
  claimWebhookDeliveries(request: ClaimDeliveries): Promise<readonly ClaimedDelivery[]>;
  completeWebhookDelivery(delivery: CompletedDelivery & { readonly endpointId: string }): Promise<DisabledEndpoint | null>;
  purgeWebhookDeliveries(limit: number): Promise<{ readonly deleted: number }>;
}

export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`; returns a function that cancels it. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

export interface Log {
  debug(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}
