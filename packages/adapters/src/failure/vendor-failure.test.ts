import { isRetryableByDefault } from '@orchestrator/contracts';
import { describe, expect, it } from 'vitest';
import { toModelCallError } from './call-error.ts';
import { failureFromVendor } from './vendor-failure.ts';

const nowMs = Date.parse('2026-11-23T12:00:00Z');
const call = { provider: 'p', displayName: 'P', apiKey: 'secret-key-1234567890', worstCaseNanoUsd: 777 };

describe('failureFromVendor', () => {
  it.each([
    [301, {}, 'Provider.InvalidRequest'],
    [307, {}, 'Provider.InvalidRequest'],
    [400, {}, 'Provider.InvalidRequest'],
    [400, { code: 'context_length_exceeded' }, 'Provider.ContextLength'],
    [400, { message: 'prompt is too long: 250000 tokens > 200000 maximum' }, 'Provider.ContextLength'],
    [400, { message: "This model's maximum context length is 128000 tokens." }, 'Provider.ContextLength'],
    [400, { code: 'content_policy_violation' }, 'Provider.ContentFiltered'],
    [400, { code: 'content_filter' }, 'Provider.ContentFiltered'],
    [400, { message: 'Your credit balance is too low to access the API.' }, 'Provider.QuotaExceeded'],
    [401, {}, 'Provider.Auth'],
    [402, {}, 'Provider.QuotaExceeded'],
    [403, {}, 'Provider.Auth'],
    [403, { message: 'Input was flagged by moderation' }, 'Provider.ContentFiltered'],
    [404, { code: 'model_not_found' }, 'Provider.InvalidRequest'],
    [405, {}, 'Provider.InvalidRequest'],
    [408, {}, 'Provider.Timeout'],
    [409, {}, 'Provider.Unavailable'],
    [410, {}, 'Provider.InvalidRequest'],
    [413, {}, 'Provider.ContextLength'],
    [422, {}, 'Provider.InvalidRequest'],
    [429, {}, 'Provider.RateLimited'],
    [429, { code: 'insufficient_quota' }, 'Provider.QuotaExceeded'],
    [498, {}, 'Provider.Overloaded'],
    [500, {}, 'Provider.Unavailable'],
    [502, {}, 'Provider.Unavailable'],
    [503, {}, 'Provider.Overloaded'],
    [504, {}, 'Provider.Timeout'],
    [520, {}, 'Provider.Unavailable'],
    [529, {}, 'Provider.Overloaded'],
    [undefined, { type: 'overloaded_error' }, 'Provider.Overloaded'],
    [undefined, { type: 'rate_limit_error' }, 'Provider.RateLimited'],
    [undefined, { type: 'authentication_error' }, 'Provider.Auth'],
    [undefined, { type: 'invalid_request_error' }, 'Provider.InvalidRequest'],
    [undefined, { type: 'timeout_error' }, 'Provider.Timeout'],
    [undefined, { type: 'api_error' }, 'Provider.Unavailable'],
    [undefined, {}, 'Provider.Unavailable'],
  ] as const)('status %s with %j is %s', (status, said, name) => {
    const failure = failureFromVendor({ status, message: 'no', ...said }, nowMs);
    const error = toModelCallError(failure, call);
    expect(error.error.name).toBe(name);
    expect(error.error.retryable).toBe(isRetryableByDefault(name));
    // Refused requests are free; an error inside a stream comes after work was done.
    expect([error.costBasis, error.costNanoUsd]).toEqual(status === undefined ? ['reserved', 777] : ['none', 0]);
  });

  it("obeys the vendor's own word on retries", () => {
    const headers = new Headers({ 'x-should-retry': 'false', 'retry-after': '2' });
    const { error } = toModelCallError(failureFromVendor({ status: 500, message: 'no', headers }, nowMs), call);
    expect(error).toMatchObject({ name: 'Provider.Unavailable', retryable: false, status: 500, retryAfterMs: 2000 });
  });
});
