import type { ErrorReporter } from './error-reporter.ts';
import type { ClockSkew, QueueLog } from './queue.ts';

/**
 * BullMQ on Postgres judges locks by each worker's own clock: one that was 20 s ahead took healthy jobs from others. So
 * nobody takes jobs while its clock is further than this from the database's.
 */
const limitMs = 1_000;
const everyMs = 60_000;

export interface ClockWatch {
  isExceeded(): boolean;
  stop(): void;
}

export interface ClockWatchOptions {
  /** Unix milliseconds of the database. */
  readonly readDatabaseMs: () => Promise<number>;
  readonly onChange: (skew: ClockSkew) => void;
  readonly log: QueueLog;
  readonly report: ErrorReporter;
  /** Unix milliseconds of this machine. */
  readonly nowMs?: () => number;
  readonly intervalMs?: number;
}

/**
 * Measures now and then each minute. The log has one line when the limit is passed and one when it holds again; a
 * measurement that fails changes nothing.
 */
export async function watchClock(options: ClockWatchOptions): Promise<ClockWatch> {
  const { nowMs = Date.now, intervalMs = everyMs } = options;
  let isExceeded = false;

  async function measure(): Promise<void> {
    const sentAtMs = nowMs();
    const databaseMs = await options.readDatabaseMs();
    const receivedAtMs = nowMs();
    // The database read its clock somewhere in between: half the round trip is the error of this measurement.
    const skewMs = Math.round(databaseMs - (sentAtMs + receivedAtMs) / 2);
    const uncertaintyMs = (receivedAtMs - sentAtMs) / 2;
    if (uncertaintyMs > limitMs) return;
    const isNowExceeded = Math.abs(skewMs) > limitMs;
    if (isNowExceeded === isExceeded) return;
    isExceeded = isNowExceeded;
    if (isExceeded) options.log.error({ skewMs, limitMs }, "The clock differs from the queue database's: no jobs are taken.");
    else options.log.info({ skewMs }, "The clock agrees with the queue database's again.");
    options.onChange({ skewMs, isExceeded });
  }

  const measureSafely = async (): Promise<void> => {
    try {
      await measure();
    } catch (error) {
      options.report(error, "The queue database's clock could not be read.");
    }
  };

  await measureSafely();
  const timer = setInterval(() => void measureSafely(), intervalMs);
  timer.unref();
  return { isExceeded: () => isExceeded, stop: () => clearInterval(timer) };
}
