import type { FetchFailure, FetchFailureCode } from './fetch-result.ts';
import { BodyTooLarge } from './read-body.ts';

const tlsCodes =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE))/;
const connectCodes =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EPERM|EINVAL|ENETDOWN|EHOSTDOWN|EMFILE|ENFILE)$/;

const sentences: Partial<Record<FetchFailureCode, string>> = {
  'connect-failed': 'The host takes no connection.',
  'tls-failed': 'The host has no valid TLS certificate for its name, or speaks no TLS.',
  timeout: 'The host did not answer in time.',
  'connection-lost': 'The connection was lost before the answer was complete.',
  'invalid-response': 'The host did not answer with valid HTTP.',
  aborted: 'The request was aborted.',
};

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function kindOf(error: unknown): FetchFailureCode {
  const { name } = error as Error;
  const code = codeOf(error);
  if (name === 'TimeoutError' || /^(?:UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/.test(code)) return 'timeout';
  if (tlsCodes.test(code)) return 'tls-failed';
  if (connectCodes.test(code)) return 'connect-failed';
  const isMalformed = name === 'HTTPParserError' && code !== 'HPE_INVALID_EOF_STATE';
  return isMalformed || code === 'UND_ERR_HEADERS_OVERFLOW' ? 'invalid-response' : 'connection-lost';
}

/** What a failed exchange comes to, in words that give nothing away. */
export function explainFailure(error: unknown, callerSignal: AbortSignal | undefined): FetchFailure {
  if (error instanceof BodyTooLarge) {
    return { code: 'response-too-large', message: `The answer is longer than ${error.maxBytes} bytes.` };
  }
  const code = callerSignal?.aborted === true ? 'aborted' : kindOf(error);
  return { code, message: sentences[code] ?? 'The request failed.' };
}
