import type { StoreConnection } from '@orchestrator/store';
import type { Submit } from './load.ts';

/** Whom a producer process loads, as it gets it on its command line. */
export type Target =
  | { readonly type: 'bullmq'; readonly redisUrl: string; readonly queueName: string }
  | { readonly type: 'orchestrator'; readonly store: StoreConnection; readonly redisUrl: string }
  | { readonly type: 'http'; readonly url: string; readonly connections: number }
  /** Nobody: three timers in this process. */
  | { readonly type: 'bare' };

/** Requests to the store and rows in them since the start, per SQL function. */
export interface StoreCounters {
  readonly requests: Readonly<Record<string, number>>;
  readonly rows: Readonly<Record<string, number>>;
}

export interface Producer {
  readonly submit: Submit;
  storeCounters?(): StoreCounters;
  close(): Promise<void>;
}
