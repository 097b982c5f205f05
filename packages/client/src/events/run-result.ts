import type { GenerateResponse, JobView, RunResponse } from '@orchestrator/contracts';
import { OrchestratorError } from '../orchestrator-error.ts';
import type { TerminalEvent } from './parse-live-event.ts';
import { runFailed } from './run-failed.ts';

/** What the call that waits would have answered. A failed workflow is an answer, a failed model call an error. */
export function resultOfEvent(event: TerminalEvent): GenerateResponse | RunResponse {
  const result = event.result as GenerateResponse | RunResponse | undefined;
  if (result !== undefined && (event.type === 'run-completed' || 'runId' in result)) return result;
  throw runFailed(event.jobId, event.error);
}

/** The same from the job, where its last event was missed. */
export function resultOfJob(job: JobView): GenerateResponse | RunResponse {
  if (job.finishedAt === undefined) {
    const message = 'The stream ended before the run.';
    throw new OrchestratorError(message, { code: 'stream-interrupted', retryable: true, jobId: job.jobId });
  }
  if (job.kind === 'workflow') return job;
  if (job.result !== undefined) return job.result;
  throw runFailed(job.jobId, job.error);
}
