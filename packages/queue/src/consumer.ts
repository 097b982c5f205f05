import { AppError, wakeJobSchema } from '@orchestrator/contracts';
import type { QueueDriver, WorkerSet } from './driver.ts';
import type { ErrorReporter } from './error-reporter.ts';
import type { ConsumeOptions, Consumer, QueueLog } from './queue.ts';
import { settlesWithin } from './within.ts';

/** See `ConsumeOptions.workers`. */
const defaultWorkers = 4;
const defaultDeadlineMs = 25_000;
/** Time for BullMQ to acknowledge the last jobs after their handlers returned; without a server it never does. */
const acknowledgeMs = 2_000;
const reopenDelayMs = 500;

export interface ManagedConsumer extends Consumer {
  /** Takes no jobs while suspended; running handlers go on. */
  suspend(isSuspended: boolean): void;
}

export interface ConsumerOptions extends ConsumeOptions {
  readonly driver: QueueDriver;
  readonly log: QueueLog;
  readonly report: ErrorReporter;
  readonly isSuspended: boolean;
  readonly onHandled: () => void;
  readonly onFailed: () => void;
  readonly onClosed: () => void;
}

/**
 * opening → running → closing → closed. While opening it retries until the server answers; once running, BullMQ's Workers
 * reconnect by themselves. Closing waits for handlers first and for BullMQ second, because the second may never come.
 */
export function createConsumer(options: ConsumerOptions): ManagedConsumer {
  const { driver, log, report } = options;
  if (!Number.isInteger(options.concurrency) || options.concurrency < 1) {
    throw new AppError(
      'invalid-configuration',
      `The concurrency of a consumer must be a positive integer, not ${options.concurrency}.`,
    );
  }
  const closing = new AbortController();
  const onError = (error: unknown): void => {
    if (!closing.signal.aborted) report(error, 'A queue consumer has trouble with the server.');
  };
  let isSuspended = options.isSuspended;
  let inFlight = 0;
  let whenIdle: (() => void)[] = [];
  let workerSet: WorkerSet | null = null;
  let closed: Promise<boolean> | null = null;

  async function processJob(job: { data: unknown }): Promise<void> {
    const parsed = wakeJobSchema.safeParse(job.data);
    if (!parsed.success) {
      log.error({ kind: options.kind }, 'A job without a valid wake-up was dropped.');
      return;
    }
    inFlight += 1;
    try {
      await options.handler(parsed.data);
      options.onHandled();
    } catch (error) {
      // Swallowed: a failed BullMQ job has no meaning here, the run's own `wake_at` brings the next wake-up.
      options.onFailed();
      log.error({ err: error, kind: options.kind, ...parsed.data }, 'A wake-up handler failed.');
    } finally {
      inFlight -= 1;
      if (inFlight === 0) {
        for (const resolve of whenIdle) resolve();
        whenIdle = [];
      }
    }
  }

  async function open(): Promise<void> {
    const concurrencies = splitConcurrency(options.concurrency, options.workers ?? defaultWorkers);
    while (!closing.signal.aborted) {
      try {
        const signal = closing.signal;
        const opened = await driver.openWorkers({ kind: options.kind, concurrencies, process: processJob, onError, signal });
        if (!signal.aborted) {
          workerSet = opened;
          break;
        }
        // Closed while opening, and `shutDown` may have stopped waiting: nobody else knows of these Workers.
        await settlesWithin(Promise.all(opened.workers.map((worker) => worker.close())), acknowledgeMs);
        await opened.release();
      } catch (error) {
        onError(error);
        await pause(reopenDelayMs, closing.signal);
      }
    }
    if (workerSet === null || closing.signal.aborted) {
      throw new AppError('shutting-down', 'The consumer was closed before it could start.');
    }
    for (const worker of workerSet.workers) {
      if (isSuspended) await worker.pause(true);
      worker.run().catch(onError);
    }
  }

  const ready = open();
  ready.catch(() => undefined);

  async function shutDown(deadlineMs: number): Promise<boolean> {
    const endsAtMs = Date.now() + deadlineMs;
    closing.abort();
    // Nothing is awaited before the Workers are paused: a handler that returns now must not bring in the next job.
    if (workerSet === null) await settlesWithin(ready, Math.min(deadlineMs, acknowledgeMs));
    if (workerSet !== null) await stopWorkers(workerSet, endsAtMs);
    if (inFlight > 0) log.warn({ kind: options.kind, inFlight }, 'A consumer was closed while handlers were still running.');
    options.onClosed();
    return inFlight === 0;
  }

  async function stopWorkers({ workers, release }: WorkerSet, endsAtMs: number): Promise<void> {
    const paused = workers.map((worker) => worker.pause(true));
    const stopped = Promise.all(paused).then(() => Promise.all(workers.map((worker) => worker.close())));
    const idle = new Promise<void>((resolve) => {
      if (inFlight === 0) resolve();
      else whenIdle.push(resolve);
    });
    await settlesWithin(Promise.race([stopped, idle]), endsAtMs - Date.now());
    const isStopped = await settlesWithin(stopped, Math.min(acknowledgeMs, endsAtMs - Date.now()));
    if (!isStopped) await Promise.all(workers.map((worker) => worker.abandon()));
    await release();
  }

  return {
    ready: () => ready,
    inFlight: () => inFlight,
    suspend(suspended) {
      if (suspended === isSuspended || closing.signal.aborted) return;
      isSuspended = suspended;
      for (const worker of workerSet?.workers ?? []) (suspended ? worker.pause(true) : worker.resume()).catch(onError);
    },
    close({ deadlineMs = defaultDeadlineMs } = {}) {
      closed ??= shutDown(deadlineMs);
      return closed;
    },
  };
}

/** `total` slots over at most `workers` Workers, none without a slot. */
export function splitConcurrency(total: number, workers: number): number[] {
  const count = Math.max(1, Math.min(total, workers));
  return Array.from({ length: count }, (_, index) => Math.floor(total / count) + (index < total % count ? 1 : 0));
}

/** Resolves after `ms`, or at once when `signal` is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
