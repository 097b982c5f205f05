import type { RelayMessage, RunKind, Wake, WakeJob } from '@orchestrator/contracts';

/** Where wake-ups and messages travel. */
export type QueueBackend = { readonly type: 'redis'; readonly url: string } | { readonly type: 'postgres'; readonly url: string };

/** The logger this package writes to; pino fits. */
export interface QueueLog {
  debug(facts: object, sentence: string): void;
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

export interface QueueOptions {
  readonly backend: QueueBackend;
  /**
   * Keeps installations that share a server apart: letters, digits, `_` and `-`, at most 40 characters.
   * @defaultValue 'orchestrator'
   */
  readonly prefix?: string;
  readonly log: QueueLog;
  /**
   * How long `createQueue` keeps trying to reach the server, in milliseconds.
   * @defaultValue 10_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long `wake`, `publish`, `ping` and `depth` wait for the server before they give up, in milliseconds.
   * @defaultValue 1_000
   */
  readonly commandTimeoutMs?: number;
  /**
   * Called when the clock of this machine and that of the queue's Postgres drift apart by more than a second, and again
   * when they agree (`isExceeded` false). Consumers take no jobs in between. Never called on Redis, whose locks use its own clock.
   */
  readonly onClockSkew?: (skew: ClockSkew) => void;
}

export interface ClockSkew {
  /** Database clock minus local clock, in milliseconds. */
  readonly skewMs: number;
  readonly isExceeded: boolean;
}

export interface ConsumeOptions {
  readonly kind: RunKind;
  /** Handlers running at once in this consumer; an integer of at least 1. */
  readonly concurrency: number;
  /**
   * Called for each wake-up, possibly more than once for the same one. When it rejects, the error is logged once and the
   * wake-up is forgotten: retries belong to the run's own `wake_at`.
   */
  readonly handler: (job: WakeJob) => Promise<void>;
  /**
   * BullMQ Worker objects that share the concurrency. A Worker with more free slots than waiting jobs fetches them one by
   * one, so 4 × n/4 handles about twice as many jobs per second as 1 × n. Each costs a blocking connection.
   * @defaultValue 4, never more than `concurrency`
   */
  readonly workers?: number;
}

export interface Consumer {
  /** Resolves when the consumer fetches jobs for the first time; rejects with `shutting-down` if it is closed before that. */
  ready(): Promise<void>;
  /** Handlers running now. */
  inFlight(): number;
  /**
   * Stops fetching and waits for the running handlers. Never rejects, never outlasts the deadline, with or without a server.
   * @param options.deadlineMs - milliseconds. @defaultValue 25_000
   * @returns whether every handler had finished
   */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>;
}

/** Jobs of one kind in the queue. */
export interface QueueDepth {
  /** Ready to be taken, whatever their priority. */
  readonly waiting: number;
  readonly delayed: number;
  /** Taken by a worker that has not finished them. */
  readonly active: number;
}

/** Counters since the process started. */
export interface QueueMetrics {
  /** Wake-ups the server accepted; a repeated one counts again. */
  readonly jobsAdded: number;
  readonly jobsHandled: number;
  readonly handlerFailures: number;
  readonly relayPublished: number;
  readonly relayReceived: number;
  /** Messages that could not be published: dropped on purpose. */
  readonly relayDropped: number;
}

/** Wake-ups and messages between processes. Everything in it may be lost, repeated or reordered; the store is the truth. */
export interface Queue {
  /**
   * Asks workers to look at these runs. Concurrent calls share a request. A wake-up whose id (run, epoch and wake number)
   * is already queued is ignored.
   * @throws AppError `queue-unavailable`, retryable, within about a second when the server can't take it
   */
  wake(wakes: readonly Wake[]): Promise<void>;
  /**
   * Starts at once and keeps trying while the server is away.
   * @throws AppError `invalid-configuration` for a concurrency below 1, `shutting-down` after `close`
   */
  consume(options: ConsumeOptions): Consumer;
  /** Sends to whoever subscribes now. Resolves even when the message had to be dropped. */
  publish(topic: string, message: RelayMessage): Promise<void>;
  /**
   * @param topic - letters, digits and `_ : % -`, dot-separated segments
   * @returns a function that ends the subscription
   * @throws AppError `queue-unavailable` when the server can't take the subscription now
   */
  subscribe(topic: string, handler: (message: RelayMessage) => void): Promise<() => Promise<void>>;
  /** Tells the process behind `replyTo` to look at a run (finished, or waiting for an approval): one message per flush and topic. Never throws. */
  notifyReply(replyTo: string, runId: string): void;
  /** @throws AppError `queue-unavailable` */
  ping(): Promise<void>;
  /** @throws AppError `queue-unavailable` */
  depth(kind: RunKind): Promise<QueueDepth>;
  metrics(): QueueMetrics;
  /** Sends what is pending, then closes consumers, relay and connections. Never rejects. */
  close(): Promise<void>;
}
