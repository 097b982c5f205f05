import type { RunKind, WakeJob } from '@orchestrator/contracts';
import type { Job } from 'bullmq';
import type { ErrorReporter } from './error-reporter.ts';
import type { RelayLink } from './relay-link.ts';
import type { JobSink } from './wake-sender.ts';

/** What differs between Redis and Postgres. */
export interface QueueDriver {
  readonly producers: Readonly<Record<RunKind, Producer>>;
  readonly relay: RelayLink;
  /**
   * Makes the Workers of one consumer, not yet running. Rejects when the server can't be reached; the caller tries again.
   * @param signal - aborted when the consumer is closed meanwhile
   */
  openWorkers(options: OpenWorkersOptions): Promise<WorkerSet>;
  ping(): Promise<unknown>;
  /** Ends every connection that is not a consumer's, at once. */
  close(): Promise<void>;
}

export interface DriverOptions {
  readonly url: string;
  readonly prefix: string;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly report: ErrorReporter;
  readonly onRelayReceived: () => void;
}

export interface Producer extends JobSink {
  getJobCounts(...states: ('waiting' | 'prioritized' | 'delayed' | 'active')[]): Promise<Record<string, number>>;
}

export interface OpenWorkersOptions {
  readonly kind: RunKind;
  /** One Worker per entry, with that many slots. */
  readonly concurrencies: readonly number[];
  readonly process: (job: Pick<Job<WakeJob>, 'data'>) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** A BullMQ Worker, whichever its backend. */
export interface WorkerHandle {
  run(): Promise<void>;
  pause(doNotWaitActive: boolean): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
  abandon(): Promise<void>;
}

export interface WorkerSet {
  readonly workers: readonly WorkerHandle[];
  /** Ends the connections, with or without an answer from the server. */
  release(): Promise<void>;
}
