import type { Priority, RunKind, Wake, WakeJob } from '@orchestrator/contracts';
import type { JobsOptions } from 'bullmq';

/** Two queues, so that long workflows never keep interactive calls waiting. */
export const queueNames = { generate: 'generate', workflow: 'workflow-run' } as const satisfies Record<RunKind, string>;

export interface BulkJob {
  readonly name: string;
  readonly data: WakeJob;
  readonly opts: JobsOptions;
}

/** Nothing is kept of a finished job: an id that stays behind would swallow the same id silently, and nobody reads it. */
export const defaultJobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/**
 * BullMQ takes jobs without a priority first, whatever the priority numbers of the others are. On Redis they live in a list
 * (constant cost), the others in a sorted set that is only looked at when the list is empty. So:
 * - `normal` has no priority: the cheap path, first in, first out;
 * - `high` goes to the head of the same list (`lifo`); any priority number would put it *behind* normal ones. While
 *   several high ones wait, the newest goes first;
 * - `low` has one: it runs when nothing else waits. Under permanent overload it does not run at all, on purpose.
 */
const priorityOptions: Readonly<Record<Priority, JobsOptions>> = {
  high: { lifo: true },
  normal: {},
  low: { priority: 10 },
};

/** The job of a wake-up. Its id grows with every wake, so that a job lost while "active" never blocks the next one. */
export function toBulkJob(wake: Wake): BulkJob {
  const { runId, epoch, wakeNo } = wake;
  const delayMs = Math.ceil(wake.delayMs ?? 0);
  return {
    name: 'wake',
    data: { runId, epoch, wakeNo },
    opts: {
      jobId: `${runId}.${epoch}.${wakeNo}`,
      ...(delayMs > 0 ? { delay: delayMs } : priorityOptions[wake.priority]),
      ...(delayMs > 0 && wake.priority === 'low' ? priorityOptions.low : {}),
    },
  };
}
