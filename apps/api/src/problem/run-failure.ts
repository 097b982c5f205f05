import { AppError, type BuiltInStepErrorName, type RunSnapshot, type StepError } from '@orchestrator/contracts';
import { omitUndefined } from '../omit-undefined.ts';
import { toRoutingView } from '../views/routing-view.ts';

/** HTTP status that a failed `generate` call answers: an error name that is missing here does not compile. */
const statusByErrorName = {
  'Provider.RateLimited': 429,
  'Provider.Overloaded': 502,
  'Provider.Timeout': 504,
  'Provider.Unavailable': 502,
  'Provider.Auth': 502,
  'Provider.InvalidRequest': 422,
  'Provider.ContextLength': 422,
  'Provider.ContentFiltered': 422,
  'Provider.QuotaExceeded': 502,
  'Provider.Truncated': 502,
  'Step.Timeout': 504,
  'Step.SchemaInvalid': 502,
  'Step.TemplateError': 502,
  'Step.ConditionError': 502,
  'Step.OutputTooLarge': 502,
  'Budget.Exceeded': 402,
  'Http.4xx': 502,
  'Http.5xx': 502,
  'Http.Network': 502,
  'Approval.Rejected': 403,
  'Approval.Expired': 504,
  'Switch.NoMatch': 502,
  'Child.Failed': 502,
  'Worker.Lost': 502,
  'Run.Cancelled': 409,
  'Run.Timeout': 504,
} as const satisfies Record<BuiltInStepErrorName, number>;

const rateLimitRetryAfterMs = 1_000;

export function statusOfRunFailure(error: StepError): number {
  return Object.hasOwn(statusByErrorName, error.name) ? statusByErrorName[error.name as BuiltInStepErrorName] : 502;
}

/** The error that a synchronous `generate` call answers when its run failed or was cancelled. */
export function runFailure(snapshot: RunSnapshot): AppError {
  const error: StepError =
    snapshot.error ??
    (snapshot.status === 'cancelled'
      ? { name: 'Run.Cancelled', message: 'The run was cancelled.', retryable: false }
      : { name: 'Worker.Lost', message: 'The run failed.', retryable: false });
  const retryAfterMs = error.retryAfterMs ?? (error.name === 'Provider.RateLimited' ? rateLimitRetryAfterMs : undefined);
  return new AppError('run-failed', error.message, {
    retryable: error.retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    details: omitUndefined({
      error,
      jobId: snapshot.runId,
      status: statusOfRunFailure(error),
      routing: toRoutingView(snapshot),
    }),
  });
}
