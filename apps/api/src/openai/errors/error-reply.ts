import { AppError, type Issue, type OpenAiErrorBody, type StepError } from '@orchestrator/contracts';
import type { Reply } from '../../http/reply.ts';
import { problemReply } from '../../problem/problem-reply.ts';
import { kindByCode, kindOfRunFailure } from './kinds.ts';
import { formatParam, OpenAiError, type OpenAiErrorKind } from './openai-error.ts';

const openAiPath = /^\/v1(?:\/|$)/;

/** Whether errors of a path have OpenAI's shape. */
export function isOpenAiPath(path: string): boolean {
  return openAiPath.test(path);
}

/** OpenAI's names of broken rules, by ours. */
const codeByRule: Readonly<Record<string, string>> = {
  required: 'missing_required_parameter',
  'wrong-type': 'invalid_type',
  'unknown-field': 'unknown_parameter',
  'unknown-parameter': 'unknown_parameter',
  'unknown-model': 'model_not_found',
  'unknown-provider': 'model_not_found',
};

function pathOf(pointer: string): PropertyKey[] {
  const keys = pointer.split('/').slice(1);
  return keys
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key) => (/^\d{1,9}$/.test(key) ? Number(key) : key));
}

interface ErrorFacts {
  readonly kind: OpenAiErrorKind;
  readonly message: string;
  readonly param: string | null;
}

/** OpenAI's object names one parameter: the first broken rule, and how many there are beside it. */
function factsOfIssues(error: AppError, [first, ...others]: readonly Issue[]): ErrorFacts {
  const kind = kindByCode[error.code];
  if (first === undefined) return { kind, message: error.message, param: null };
  // No provider can do it: the error itself sums up what each of them lacks.
  if (first.provider !== undefined) return { kind, message: error.message, param: 'model' };
  const param = first.pointer === '' ? null : formatParam(pathOf(first.pointer));
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const message = param === null ? `${first.message}${more}` : `Invalid '${param}': ${first.message}${more}`;
  return { kind: { ...kind, code: codeByRule[first.code] ?? kind.code }, message, param };
}

function factsOf(error: AppError): ErrorFacts {
  const { code, details, message } = error;
  const issues = details.issues as readonly Issue[] | undefined;
  if (code === 'validation-failed' && issues !== undefined) return factsOfIssues(error, issues);
  if (code === 'run-failed' && details.error !== undefined)
    return { kind: kindOfRunFailure(details.error as StepError), message, param: null };
  return { kind: kindByCode[code], message, param: null };
}

function reply(facts: ErrorFacts, isRetryable: boolean, headers: Reply['headers'], more: object = {}): Reply {
  const { kind, message, param } = facts;
  const body: OpenAiErrorBody = { error: { message, type: kind.type, param, code: kind.code, ...more } };
  // Clients try again by the status alone, a 502 for a wrong key as well; this header is what they obey before that.
  return { status: kind.status, body, headers: { ...headers, 'X-Should-Retry': String(isRetryable) } };
}

/** An error that has an answer; anything else is a defect. */
export function asKnownError(error: unknown): AppError | OpenAiError {
  if (error instanceof AppError || error instanceof OpenAiError) return error;
  return new AppError('internal', 'unexpected error', { cause: error });
}

/** The answer to an error on a path of OpenAI's. Messages of defects stay inside. */
export function openAiErrorReply(error: AppError | OpenAiError, requestId: string): Reply {
  if (error instanceof OpenAiError) {
    const { param = null, approval, headers } = error.options;
    const facts = { kind: error.kind, message: error.message, param };
    return reply(facts, false, headers, approval === undefined ? {} : { approval });
  }
  const problem = problemReply(error, requestId);
  const { detail, retryable } = problem.body as { detail: string; retryable: boolean };
  const facts = factsOf(error);
  const { jobId } = error.details;
  const headers = { ...problem.headers, ...(typeof jobId === 'string' ? { 'X-Orchestrator-Run-Id': jobId } : {}) };
  return reply(facts.kind.status === 500 ? { ...facts, message: detail } : facts, retryable, headers);
}
