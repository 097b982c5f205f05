import { describe, expect, it } from 'vitest';
import { TruncatedAnswer, UnusableAnswer } from './failure.ts';
import { failureFromTransport } from './transport-failure.ts';

function withCode(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}
const fetchFailed = (cause: Error) => new Error('Connection error.', { cause: new TypeError('fetch failed', { cause }) });

describe('failureFromTransport', () => {
  it.each([
    ['refused', fetchFailed(withCode('ECONNREFUSED')), 'Provider.Unavailable', 'none'],
    [
      'refused on both address families',
      fetchFailed(new AggregateError([withCode('ECONNREFUSED')])),
      'Provider.Unavailable',
      'none',
    ],
    ['unknown host', fetchFailed(withCode('ENOTFOUND')), 'Provider.Unavailable', 'none'],
    ['bad certificate', fetchFailed(withCode('DEPTH_ZERO_SELF_SIGNED_CERT')), 'Provider.Unavailable', 'none'],
    [
      'URL that fetch refuses',
      fetchFailed(new TypeError('Request cannot be constructed from a URL that includes credentials: x')),
      'Provider.Unavailable',
      'none',
    ],
    ['connect timeout', fetchFailed(withCode('UND_ERR_CONNECT_TIMEOUT')), 'Provider.Unavailable', 'none'],
    ['reset', fetchFailed(withCode('ECONNRESET')), 'Provider.Unavailable', 'unknown'],
    ['closed before headers', fetchFailed(withCode('UND_ERR_SOCKET', 'other side closed')), 'Provider.Unavailable', 'unknown'],
    ["fetch's own timeout", fetchFailed(withCode('UND_ERR_HEADERS_TIMEOUT')), 'Provider.Timeout', 'unknown'],
    [
      'cut body',
      new TypeError('terminated', { cause: withCode('UND_ERR_SOCKET', 'other side closed') }),
      'Provider.Truncated',
      'unknown',
    ],
    ['stream without finish', new TruncatedAnswer('x'), 'Provider.Truncated', 'unknown'],
    ['malformed JSON', new SyntaxError('Unexpected token'), 'Provider.Unavailable', 'unknown'],
    ['wrong shape', new UnusableAnswer('not a message'), 'Provider.Unavailable', 'unknown'],
    ['no error at all', 'odd', 'Provider.Unavailable', 'unknown'],
  ])('%s', (_, error, name, charge) => {
    expect(failureFromTransport(error)).toMatchObject({ name, charge });
  });
});
