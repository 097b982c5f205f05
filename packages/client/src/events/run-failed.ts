import type { StepError } from '@orchestrator/contracts';
import { OrchestratorError } from '../orchestrator-error.ts';

/** The error of a run that did not complete, as its events or its job tell it. */
export function runFailed(jobId: string | undefined, error: unknown): OrchestratorError {
  const runError = error as StepError | undefined;
  return new OrchestratorError(runError?.message ?? 'The run did not complete.', {
    code: 'run-failed',
    retryable: runError?.retryable ?? false,
    jobId,
    runError,
  });
}
