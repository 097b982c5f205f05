import type { Wake } from '@orchestrator/contracts';
import type { JobsOptions } from 'bullmq';
import { type BulkJob, toBulkJob } from './wake-job.ts';
import { queueUnavailable, within } from './within.ts';

/** The part of a BullMQ queue that takes jobs. */
export interface JobSink {
  add(name: string, data: BulkJob['data'], options: JobsOptions): Promise<unknown>;
  addBulk(jobs: BulkJob[]): Promise<unknown>;
}

export interface WakeSender {
  send(wakes: readonly Wake[]): Promise<void>;
  /** Resolves when nothing is pending. */
  drained(): Promise<void>;
}

interface Call {
  readonly jobs: readonly BulkJob[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** More jobs in one command only make the server unresponsive to others meanwhile. */
const maxBatch = 500;

/**
 * Group commit: a call goes out at once when nothing is in flight, and what arrives meanwhile goes out together. When a
 * flight fails, the calls waiting behind it fail with it, so nobody waits for two timeouts.
 */
export function createWakeSender(options: {
  readonly sink: JobSink;
  readonly timeoutMs: number;
  readonly onAdded: (count: number) => void;
}): WakeSender {
  let waiting: Call[] = [];
  let isFlying = false;
  let lastFlush = Promise.resolve();

  async function flush(): Promise<void> {
    isFlying = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      const jobs = batch.flatMap((call) => call.jobs);
      try {
        await within(addJobs(options.sink, jobs), options.timeoutMs, 'a wake-up was not taken');
        options.onAdded(jobs.length);
        for (const call of batch) call.resolve();
      } catch (error) {
        const behind = waiting;
        waiting = [];
        for (const call of [...batch, ...behind]) call.reject(error);
      }
    }
    // In the same tick as the loop's last look: whoever comes later starts the next flush.
    isFlying = false;
  }

  function takeBatch(): Call[] {
    let size = 0;
    let end = 0;
    for (const call of waiting) {
      if (end > 0 && size + call.jobs.length > maxBatch) break;
      size += call.jobs.length;
      end += 1;
    }
    return waiting.splice(0, end);
  }

  return {
    send(wakes) {
      if (wakes.length === 0) return Promise.resolve();
      const sent = new Promise<void>((resolve, reject) => {
        waiting.push({ jobs: wakes.map(toBulkJob), resolve, reject });
      });
      if (!isFlying) lastFlush = flush();
      return sent;
    },
    drained: () => lastFlush,
  };
}

async function addJobs(sink: JobSink, jobs: readonly BulkJob[]): Promise<void> {
  const [first] = jobs;
  if (first === undefined) throw queueUnavailable('an empty batch');
  // The bulk form makes a temporary table per call on Postgres; for a single job the plain form is cheaper on both backends.
  if (jobs.length === 1) {
    await sink.add(first.name, first.data, first.opts);
    return;
  }
  // The newest of several jobs added to the head of the list goes first: added in reverse they keep their order.
  const high = jobs.filter((job) => job.opts.lifo === true).reverse();
  await sink.addBulk([...high, ...jobs.filter((job) => job.opts.lifo !== true)]);
}
