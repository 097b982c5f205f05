import type { Registry } from 'prom-client';
import { addCounter, addCounterBy, type Counts } from './pulled-series.ts';

/** Counters of the connection to the store since the process started, by SQL function. */
export interface StoreReading {
  readonly requests: Counts;
  readonly rows: Counts;
}

/** Counters of the connection to the queue since the process started. */
export interface QueueReading {
  readonly jobsAdded: number;
  readonly jobsHandled: number;
  readonly handlerFailures: number;
  readonly relayPublished: number;
  readonly relayReceived: number;
  readonly relayDropped: number;
}

const queueSeries = {
  jobsAdded: ['jobs_added', 'Wake-ups put into the queue.'],
  jobsHandled: ['jobs_handled', 'Wake-ups taken from the queue and handled.'],
  handlerFailures: ['handler_failures', 'Wake-ups whose handling failed.'],
  relayPublished: ['relay_published', 'Messages sent to other processes.'],
  relayReceived: ['relay_received', 'Messages received from other processes.'],
  relayDropped: ['relay_dropped', 'Messages that could not be sent.'],
} as const satisfies Record<keyof QueueReading, readonly [string, string]>;

export function addStoreSeries(registry: Registry, read: () => StoreReading): void {
  addCounterBy(registry, 'function', {
    name: 'orchestrator_store_requests_total',
    help: 'Requests to the database, by SQL function.',
    read: () => read().requests,
  });
  addCounterBy(registry, 'function', {
    name: 'orchestrator_store_rows_total',
    help: 'Rows that those requests carried: divided by the requests, the size of a batch.',
    read: () => read().rows,
  });
}

export function addQueueSeries(registry: Registry, read: () => QueueReading): void {
  for (const [field, [name, help]] of Object.entries(queueSeries)) {
    addCounter(registry, {
      name: `orchestrator_queue_${name}_total`,
      help,
      read: () => read()[field as keyof QueueReading],
    });
  }
}
