import type { BuiltInStepErrorName } from '@orchestrator/contracts';
import type { Failure, VendorError } from './failure.ts';
import { readRetryAfterMs } from './retry-after.ts';

const contextLength =
  /context[ _-]?(?:length|window)|maximum context|prompt is too long|too many (?:input )?tokens|request_too_large|input length/i;
const contentPolicy = /content[ _-]?(?:policy|filter)|responsible.?ai|safety (?:system|policy)|flagged/i;
const quota =
  /insufficient_quota|exceeded your current quota|credit balance|billing|payment required|insufficient (?:balance|credits|funds)/i;

const byStatus: Readonly<Record<number, BuiltInStepErrorName>> = {
  400: 'Provider.InvalidRequest',
  401: 'Provider.Auth',
  402: 'Provider.QuotaExceeded',
  403: 'Provider.Auth',
  408: 'Provider.Timeout',
  409: 'Provider.Unavailable',
  413: 'Provider.ContextLength',
  424: 'Provider.Unavailable',
  425: 'Provider.Unavailable',
  429: 'Provider.RateLimited',
  498: 'Provider.Overloaded',
  503: 'Provider.Overloaded',
  504: 'Provider.Timeout',
  529: 'Provider.Overloaded',
};

/** Error types as they appear in events inside a stream that began with 200. */
const byType: readonly (readonly [RegExp, BuiltInStepErrorName])[] = [
  [/overloaded/i, 'Provider.Overloaded'],
  [/rate_?limit/i, 'Provider.RateLimited'],
  [/authentication|permission|invalid_api_key/i, 'Provider.Auth'],
  [/timeout/i, 'Provider.Timeout'],
  [/invalid_request|not_found/i, 'Provider.InvalidRequest'],
];

/** The closed list's name for what a vendor said. */
export function nameOfVendorError(error: VendorError): BuiltInStepErrorName {
  const { status } = error;
  const words = `${error.code ?? ''} ${error.type ?? ''} ${error.message}`;
  const isRefusal = status === undefined || status === 400 || status === 403 || status === 413 || status === 422;
  if (isRefusal && contextLength.test(words)) return 'Provider.ContextLength';
  if (isRefusal && contentPolicy.test(words)) return 'Provider.ContentFiltered';
  if ((isRefusal || status === 429) && quota.test(words)) return 'Provider.QuotaExceeded';
  if (status !== undefined) {
    return byStatus[status] ?? (status >= 500 ? 'Provider.Unavailable' : 'Provider.InvalidRequest');
  }
  const kind = `${error.code ?? ''} ${error.type ?? ''}`;
  return byType.find(([pattern]) => pattern.test(kind))?.[1] ?? 'Provider.Unavailable';
}

/**
 * A vendor's refusal. Vendors don't bill requests that they answer with an error status; an error event inside a stream
 * comes after tokens were produced, so its charge is unknown.
 */
export function failureFromVendor(error: VendorError, nowMs: number): Failure {
  const retryAfterMs = readRetryAfterMs(error.headers, nowMs);
  const isRedirect = error.status !== undefined && error.status >= 300 && error.status < 400;
  return {
    name: error.name ?? nameOfVendorError(error),
    message: isRedirect ? 'It answered with a redirect, which is not followed: check the base URL.' : error.message,
    charge: error.status === undefined || error.mayBeBilled === true ? 'unknown' : 'none',
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Both OpenAI and Anthropic state with this header that a retry is pointless.
    ...(error.headers?.get('x-should-retry') === 'false' ? { retryable: false } : {}),
  };
}
