import type { BuiltInStepErrorName, ErrorCode, StepError } from '@orchestrator/contracts';
import { statusOfRunFailure } from '../../problem/run-failure.ts';
import type { OpenAiErrorKind } from './openai-error.ts';

const invalid = 'invalid_request_error';
const server = 'server_error';

/** A code that is missing here does not compile. */
export const kindByCode = {
  'invalid-json': { status: 400, type: invalid, code: 'invalid_json' },
  'unsupported-media-type': { status: 415, type: invalid, code: 'unsupported_media_type' },
  'payload-too-large': { status: 413, type: invalid, code: 'request_too_large' },
  'validation-failed': { status: 400, type: invalid, code: 'invalid_value' },
  forbidden: { status: 403, type: 'permission_error', code: 'forbidden' },
  'not-found': { status: 404, type: invalid, code: 'not_found' },
  'method-not-allowed': { status: 405, type: invalid, code: 'method_not_supported' },
  'idempotency-key-reused': { status: 400, type: 'idempotency_error', code: 'idempotency_key_reused' },
  'idempotency-key-in-use': { status: 409, type: 'idempotency_error', code: 'idempotency_key_in_use' },
  'rate-limited': { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  conflict: { status: 409, type: invalid, code: 'conflict' },
  'lease-lost': { status: 500, type: server, code: null },
  'store-unavailable': { status: 503, type: server, code: 'service_unavailable' },
  'queue-unavailable': { status: 503, type: server, code: 'service_unavailable' },
  'shutting-down': { status: 503, type: server, code: 'service_unavailable' },
  'no-provider': { status: 503, type: server, code: 'no_provider' },
  'run-failed': { status: 502, type: server, code: 'run_failed' },
  'invalid-configuration': { status: 500, type: server, code: null },
  internal: { status: 500, type: server, code: null },
} as const satisfies Record<ErrorCode, OpenAiErrorKind>;

/** Where OpenAI has a type and code of its own for what ended a run. A name that is missing here does not compile. */
const familyByErrorName = {
  'Provider.RateLimited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  'Provider.Overloaded': { type: server, code: 'provider_overloaded' },
  'Provider.Timeout': { type: server, code: 'provider_timeout' },
  'Provider.Unavailable': { type: server, code: 'provider_unavailable' },
  'Provider.Auth': { type: server, code: 'provider_auth' },
  'Provider.InvalidRequest': { type: invalid, code: 'provider_refused' },
  'Provider.ContextLength': { type: invalid, code: 'context_length_exceeded' },
  'Provider.ContentFiltered': { type: invalid, code: 'content_filter' },
  'Provider.QuotaExceeded': { type: server, code: 'provider_quota_exceeded' },
  'Provider.Truncated': { type: server, code: 'provider_truncated' },
  'Step.Timeout': { type: server, code: 'timeout' },
  'Step.SchemaInvalid': { type: server, code: 'run_failed' },
  'Step.TemplateError': { type: server, code: 'run_failed' },
  'Step.ConditionError': { type: server, code: 'run_failed' },
  'Step.OutputTooLarge': { type: server, code: 'output_too_large' },
  'Budget.Exceeded': { type: 'insufficient_quota', code: 'budget_exceeded' },
  'Http.4xx': { type: server, code: 'run_failed' },
  'Http.5xx': { type: server, code: 'run_failed' },
  'Http.Network': { type: server, code: 'run_failed' },
  'Approval.Rejected': { type: 'permission_error', code: 'approval_rejected' },
  'Approval.Expired': { type: server, code: 'approval_expired' },
  'Switch.NoMatch': { type: server, code: 'run_failed' },
  'Child.Failed': { type: server, code: 'run_failed' },
  'Worker.Lost': { type: server, code: 'worker_lost' },
  'Run.Cancelled': { type: server, code: 'run_cancelled' },
  'Run.Timeout': { type: server, code: 'timeout' },
} as const satisfies Record<BuiltInStepErrorName, Omit<OpenAiErrorKind, 'status'>>;

/** Statuses are those of `generate`, but that OpenAI knows no 422: whatever is wrong with a request is a 400 there. */
export function kindOfRunFailure(error: StepError): OpenAiErrorKind {
  const status = statusOfRunFailure(error);
  const family = Object.hasOwn(familyByErrorName, error.name)
    ? familyByErrorName[error.name as BuiltInStepErrorName]
    : kindByCode['run-failed'];
  return { status: status === 422 ? 400 : status, type: family.type, code: family.code };
}
