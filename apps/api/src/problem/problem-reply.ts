import type { AppError, Issue, Problem, RoutingView, StepError } from '@orchestrator/contracts';
import type { Reply } from '../http/reply.ts';
import { problemCodeOf, statusByCode, titleByCode } from './problem-kinds.ts';

const maxListedIssues = 200;
const unavailableRetryAfterMs = 1_000;

function detailOf(error: AppError, issues: readonly Issue[] | undefined): string {
  if (issues === undefined || issues.length <= maxListedIssues) return error.message;
  return `${error.message} ${issues.length} in all; the first ${maxListedIssues} are listed.`;
}

/** The RFC 9457 answer to an error. Messages of defects stay inside. */
export function problemReply(error: AppError, requestId: string): Reply {
  const { details } = error;
  const code = problemCodeOf(error.code);
  // Only a failed model call brings its own status: the store's errors carry what their transport answered, 0 for nothing.
  const status = code === 'run-failed' && typeof details.status === 'number' ? details.status : statusByCode[code];
  const isDefect = code === 'internal';
  // A key that is missing does not come by waiting.
  const isUnavailable = status === 503 && code !== 'no-provider';
  const issues = details.issues as readonly Issue[] | undefined;
  const retryAfterMs = error.retryAfterMs ?? (isUnavailable ? unavailableRetryAfterMs : undefined);
  const body: Problem = {
    type: `urn:problem-type:orchestrator:${code}`,
    title: titleByCode[code],
    status,
    detail: isDefect
      ? 'The server met a condition it did not expect. The request id helps to find it in the log.'
      : detailOf(error, issues),
    code,
    requestId,
    retryable: error.retryable || isUnavailable,
    ...(issues === undefined ? {} : { errors: issues.slice(0, maxListedIssues) }),
    ...(typeof details.jobId === 'string' ? { jobId: details.jobId } : {}),
    ...(details.error === undefined ? {} : { error: details.error as StepError }),
    ...(details.routing === undefined ? {} : { routing: details.routing as RoutingView }),
    ...(details.checks === undefined ? {} : { checks: details.checks as NonNullable<Problem['checks']> }),
  };
  return {
    status,
    body,
    contentType: 'application/problem+json',
    headers: {
      ...(details.headers as Readonly<Record<string, string>> | undefined),
      ...(retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    },
  };
}
