import {
  AppError,
  type ErrorCode,
  errorCodes,
  openAiErrorSchema,
  type StepError,
  stepErrorNames,
  validationError,
} from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { statusByCode } from '../../problem/problem-kinds.ts';
import { isOpenAiPath, openAiErrorReply } from './error-reply.ts';
import { formatParam, refusal } from './openai-error.ts';

const answer = (error: Parameters<typeof openAiErrorReply>[0]) => {
  const reply = openAiErrorReply(error, 'request-1');
  return { status: reply.status, headers: reply.headers ?? {}, error: openAiErrorSchema.parse(reply.body).error };
};
const failed = (error: Partial<StepError>) =>
  new AppError('run-failed', 'why', {
    retryable: error.retryable ?? false,
    details: { error: { name: 'Provider.Unavailable', message: 'why', retryable: false, ...error }, jobId: 'job-1' },
  });

describe('errors in the shape of OpenAI', () => {
  it.each(errorCodes)('%s', (code: ErrorCode) => {
    const { status, error } = answer(new AppError(code, 'what went wrong'));
    const own = statusByCode[code];
    expect(status).toBe(own === 422 ? 400 : own);
    expect(error.type).toMatch(/_error$/);
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
    // What a defect says stays inside.
    if (own === 500) expect(error.message).not.toContain('what went wrong');
    else expect(error.message).toBe('what went wrong');
  });

  it.each(stepErrorNames)('%s', (name) => {
    const { status, error, headers } = answer(failed({ name }));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).not.toBe(422);
    expect(error).toMatchObject({ message: 'why', param: null, code: expect.any(String) });
    expect(headers).toMatchObject({ 'X-Orchestrator-Run-Id': 'job-1', 'X-Should-Retry': 'false' });
  });

  it.each([
    ['Provider.RateLimited', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    ['Provider.ContextLength', 400, 'invalid_request_error', 'context_length_exceeded'],
    ['Provider.ContentFiltered', 400, 'invalid_request_error', 'content_filter'],
    ['Budget.Exceeded', 402, 'insufficient_quota', 'budget_exceeded'],
    ['Approval.Rejected', 403, 'permission_error', 'approval_rejected'],
    ['Run.Timeout', 504, 'server_error', 'timeout'],
    ['Custom.Mine', 502, 'server_error', 'run_failed'],
  ] as const)('%s is a %d', (name, status, type, code) => {
    expect(answer(failed({ name }))).toMatchObject({ status, error: { type, code } });
  });

  it('say whether trying again helps, which the status alone does not', () => {
    expect(answer(failed({ retryable: true })).headers).toMatchObject({ 'X-Should-Retry': 'true' });
    const busy = new AppError('run-failed', 'busy', { retryable: true, retryAfterMs: 1_500 });
    expect(answer(busy).headers).toMatchObject({ 'X-Should-Retry': 'true', 'Retry-After': '2' });
    expect(answer(new AppError('no-provider', 'no key')).headers).toMatchObject({ 'X-Should-Retry': 'false' });
    expect(answer(new AppError('store-unavailable', 'down', { retryable: true })).headers).toMatchObject({
      'X-Should-Retry': 'true',
    });
  });

  it('name the first broken rule and count the others', () => {
    const issues = [
      { pointer: '/messages/0/content', code: 'required', message: 'is missing' },
      { pointer: '/n', code: 'wrong-type', message: 'must be a number' },
    ];
    expect(answer(validationError(issues)).error).toEqual({
      message: "Invalid 'messages[0].content': is missing (and 1 more)",
      type: 'invalid_request_error',
      param: 'messages[0].content',
      code: 'missing_required_parameter',
    });
    const whole = validationError([{ pointer: '', code: 'invalid-idempotency-key', message: 'the key is odd' }]);
    expect(answer(whole).error).toMatchObject({ message: 'the key is odd', param: null, code: 'invalid_value' });
    const incapable = [{ pointer: '', code: 'missing-capability', message: 'a lacks it', provider: 'a' }];
    expect(answer(validationError(incapable, 'None can.')).error).toMatchObject({ message: 'None can.', param: 'model' });
  });

  it('write places as paths', () => {
    expect(formatParam(['tools', 3, 'function', 'a.b'])).toBe('tools[3].function.a.b');
    expect(answer(refusal('unsupported_value', ['tools', 0], 'No.'))).toMatchObject({
      status: 400,
      error: { param: 'tools[0]' },
    });
    const odd = validationError([{ pointer: '/a~1b/0/c~0d', code: 'x', message: 'm' }]);
    expect(answer(odd).error.param).toBe('a/b[0].c~d');
  });

  it('are for paths of OpenAI only', () => {
    expect(['/v1', '/v1/', '/v1/models', '/v10', '/v1x', '/api/v1', '/'].filter(isOpenAiPath)).toEqual([
      '/v1',
      '/v1/',
      '/v1/models',
    ]);
  });
});
