import type { ClaimedDelivery, DeliveryOutcome } from '@orchestrator/contracts';
import type { SafeFetch } from '@orchestrator/safe-fetch';
import { attemptDelivery } from './attempt-delivery.ts';
import type { Clock, DeliveryStore, Log } from './ports.ts';
import { standardSchedule } from './retry-schedule.ts';
import type { SecretBox } from './secret-box.ts';

export interface DelivererPorts {
  readonly store: DeliveryStore;
  readonly fetch: SafeFetch;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface DelivererOptions {
  /** Attempts at the same time, of this process. @defaultValue 100 */
  readonly maxConcurrent?: number;
  /** Of these to one endpoint. @defaultValue 8 */
  readonly perEndpoint?: number;
  /** How often an idle process looks for work, in milliseconds. @defaultValue 1000 */
  readonly pollEveryMs?: number;
  /** After this silence, in milliseconds, another process makes the attempt; longer than an attempt can take. @defaultValue 30000 */
  readonly leaseMs?: number;
  /** Pauses after failed attempts, in milliseconds. @defaultValue the schedule of Standard Webhooks */
  readonly schedule?: readonly number[];
  /** How often the log is shortened, in milliseconds. @defaultValue an hour */
  readonly purgeEveryMs?: number;
}

/** Attempts since the process started, by what became of them, and what is going on now. */
export interface DelivererCounts {
  readonly delivered: number;
  /** Failed, and tried again later. */
  readonly retried: number;
  /** Failed for good. */
  readonly failed: number;
  /** Given back because the process stopped. */
  readonly released: number;
  readonly inFlight: number;
}

export interface Deliverer {
  start(): void;
  /**
   * Begins no more attempts and lets those in flight end.
   * @param softMs - after this time they are given up and given back, milliseconds
   */
  stop(softMs: number): Promise<void>;
  readonly counts: DelivererCounts;
}

const purgeLimit = 5_000;
const noResponse: { readonly response?: string } = {};
const countOf = { delivered: 'delivered', retry: 'retried', failed: 'failed', released: 'released' } as const;

/**
 * Delivers what is due, of all tenants, together with every other process that does. An idle loop polls; one that left something
 * behind for want of a slot looks again as soon as a slot is free.
 */
export function createDeliverer(ports: DelivererPorts, options: DelivererOptions = {}): Deliverer {
  const { store, clock, log } = ports;
  const { maxConcurrent = 100, perEndpoint = 8, pollEveryMs = 1_000, leaseMs = 30_000 } = options;
  const { schedule = standardSchedule, purgeEveryMs = 3_600_000 } = options;
  const counts = { delivered: 0, retried: 0, failed: 0, released: 0 };
  const inFlight = new Map<string, number>();
  const attempts = new Set<Promise<void>>();
  const giveUp = new AbortController();
  let isRunning = false;
  let loop = Promise.resolve();
  let isRoomNews = false;
  let endPause = (): void => {};
  let cancelPurge = (): void => {};

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.setTimer(delayMs, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  function report({ deliveryId, endpointId, eventType, runId, attempt }: ClaimedDelivery, outcome: DeliveryOutcome): void {
    counts[countOf[outcome.outcome]] += 1;
    // The answer's body stays out: it is the endpoint's own.
    const { response: _, ...result } = { ...noResponse, ...outcome };
    const facts = { deliveryId, endpointId, eventType, runId, attempt, ...result };
    if (outcome.outcome === 'failed') log.warn(facts, 'webhook failed');
    else log.debug(facts, 'webhook attempted');
  }

  async function attemptAndStore(delivery: ClaimedDelivery): Promise<void> {
    const { deliveryId, endpointId, attempt } = delivery;
    const outcome = await attemptDelivery(delivery, { ...ports, schedule, signal: giveUp.signal });
    report(delivery, outcome);
    const disabled = await store.completeWebhookDelivery({ deliveryId, endpointId, attempt, ...outcome });
    if (disabled !== null) log.warn(disabled, 'webhook endpoint disabled');
  }

  function begin(delivery: ClaimedDelivery): void {
    const { endpointId, deliveryId } = delivery;
    inFlight.set(endpointId, (inFlight.get(endpointId) ?? 0) + 1);
    const attempt = attemptAndStore(delivery)
      // The lease runs out and the event is sent again, under the same id.
      .catch((error: unknown) => log.error({ error, endpointId, deliveryId }, 'the result of a webhook could not be stored'))
      .finally(() => {
        const count = inFlight.get(endpointId) ?? 0;
        const wasFull = count >= perEndpoint || attempts.size >= maxConcurrent;
        if (count <= 1) inFlight.delete(endpointId);
        else inFlight.set(endpointId, count - 1);
        attempts.delete(attempt);
        if (!wasFull) return;
        isRoomNews = true;
        endPause();
      });
    attempts.add(attempt);
  }

  /** @returns whether there may be more */
  async function claim(): Promise<boolean> {
    const limit = maxConcurrent - attempts.size;
    if (limit === 0) return false;
    const busy = [...inFlight].map(([endpointId, count]) => ({ endpointId, inFlight: count }));
    const claimed = await store.claimWebhookDeliveries({ limit, perEndpoint, leaseMs, busy });
    for (const delivery of claimed) begin(delivery);
    return claimed.length > 0;
  }

  async function run(): Promise<void> {
    while (isRunning) {
      isRoomNews = false;
      const mayHaveMore = await claim().catch((error: unknown) => {
        log.warn({ error }, 'due webhooks could not be read');
        return false;
      });
      if (isRunning && !mayHaveMore && !isRoomNews) await pause(pollEveryMs * (0.9 + 0.2 * ports.random()));
    }
  }

  async function purge(): Promise<void> {
    try {
      while (isRunning && (await store.purgeWebhookDeliveries(purgeLimit)).deleted === purgeLimit);
    } catch (error) {
      log.warn({ error }, 'old webhook deliveries could not be removed');
    }
    if (isRunning) cancelPurge = clock.setTimer(purgeEveryMs, () => void purge());
  }

  return {
    start() {
      isRunning = true;
      loop = run();
      void purge();
    },
    async stop(softMs) {
      isRunning = false;
      cancelPurge();
      endPause();
      await loop;
      const cancelGiveUp = clock.setTimer(softMs, () => giveUp.abort());
      await Promise.all(attempts);
      cancelGiveUp();
    },
    get counts() {
      return { ...counts, inFlight: attempts.size };
    },
  };
}
