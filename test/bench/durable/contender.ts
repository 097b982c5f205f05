import type { Child } from '../processes/child.ts';
import type { BenchDatabase } from './servers.ts';

export const contenderNames = ['bullmq', 'bullmq-4', 'pg', 'http', 'bare', 'api'] as const;
export type ContenderName = (typeof contenderNames)[number];

export const contenderTitles: Readonly<Record<ContenderName, string>> = {
  bullmq: 'raw BullMQ, 1 Worker × 200 (one no-op job)',
  'bullmq-4': 'raw BullMQ, 4 Workers × 50 (one no-op job)',
  pg: 'ours, Postgres (3 steps, committed)',
  http: 'ours, HTTP to Supabase Lite (3 steps, committed)',
  bare: 'bare JavaScript',
  api: 'ours, through the API process',
};

/** One of those who are compared: running processes that wait for load. */
export interface Contender {
  readonly name: ContenderName;
  readonly producer: Child;
  /** The orchestrator's processes, which log their metrics when asked. */
  readonly worker?: Child;
  readonly api?: Child;
  /** The yardstick's worker. */
  readonly plainWorker?: Child;
  readonly database?: BenchDatabase;
  /** CPU time used so far by part, in milliseconds. */
  cpuMs(): Readonly<Record<string, number>>;
}
