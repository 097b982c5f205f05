import { type Failure, TruncatedAnswer, UnusableAnswer } from './failure.ts';

/** The request never reached the vendor: name resolution, connection or TLS handshake failed. */
const neverSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EPROTO|UND_ERR_CONNECT_TIMEOUT|ERR_INVALID_URL|ERR_TLS_.+|ERR_SSL_.+|CERT_.+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.+)$/;
/** fetch's own refusals; they carry no code. */
const refusedByFetch = /^(?:bad port|unknown scheme|Invalid URL|Request cannot be constructed)/;
const timedOut = /^(?:ETIMEDOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/;

interface Link {
  readonly error: Error;
  readonly code: string | undefined;
}

/** An error and its causes, outermost first; SDKs wrap fetch's error, which wraps the socket's. */
function causeChain(error: unknown): Link[] {
  const links: Link[] = [];
  for (let current = error; current instanceof Error && links.length < 6; current = current.cause) {
    const code = 'code' in current && typeof current.code === 'string' ? current.code : undefined;
    links.push({ error: current, code });
    // Happy eyeballs: an AggregateError without message, the codes are inside.
    if (current instanceof AggregateError && current.errors.length > 0 && code === undefined)
      links.push(...causeChain(current.errors[0]));
  }
  return links;
}

/** Classifies everything that is not a vendor's own error answer. */
export function failureFromTransport(error: unknown): Failure {
  const links = causeChain(error);
  const code = links.findLast((link) => link.code !== undefined)?.code;
  const innermost = links.at(-1)?.error;
  if (links.some((link) => link.error instanceof UnusableAnswer)) {
    return { name: 'Provider.Unavailable', message: innermost?.message ?? '', charge: 'unknown' };
  }
  if (links.some((link) => link.error instanceof SyntaxError)) {
    return { name: 'Provider.Unavailable', message: 'It answered with malformed JSON.', charge: 'unknown' };
  }
  if (links.some((link) => link.error instanceof TruncatedAnswer || link.error.message === 'terminated')) {
    return { name: 'Provider.Truncated', message: 'The connection was cut before the answer was complete.', charge: 'unknown' };
  }
  const reason = [code, innermost?.message].filter((part) => part !== undefined && part !== '').join(': ');
  if ((code !== undefined && neverSent.test(code)) || refusedByFetch.test(innermost?.message ?? '')) {
    return { name: 'Provider.Unavailable', message: `It can't be reached (${reason}).`, charge: 'none' };
  }
  if (code !== undefined && timedOut.test(code)) {
    return { name: 'Provider.Timeout', message: `The connection timed out (${reason}).`, charge: 'unknown' };
  }
  return { name: 'Provider.Unavailable', message: `The connection failed (${reason || String(error)}).`, charge: 'unknown' };
}
