import type { ClientOptions } from '../options.ts';
import { OrchestratorError } from '../orchestrator-error.ts';
import { answerError } from './answer-error.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** What is `undefined` is left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request once. */
export type Exchange = (request: HttpRequest, signal: AbortSignal, answerWithinMs: number) => Promise<Response>;

function queryOf(query: HttpRequest['query'] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.append(name, String(value));
  return parameters.size === 0 ? '' : `?${parameters}`;
}

/** An abort rejects with its reason; everything else that `fetch` throws is a connection that failed. */
function networkError(cause: unknown, what: string): OrchestratorError {
  // Node says "fetch failed" and why in the cause.
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const reason = inner instanceof Error && inner.message !== '' ? `: ${inner.message}` : '';
  return new OrchestratorError(`${what}${reason}.`, { code: 'network-error', retryable: true, cause });
}

/**
 * Makes the exchange of a client. It resolves with the head of an answer that says success.
 *
 * @throws OrchestratorError for an answer that says failure, none within `answerWithinMs`, and a connection that failed;
 * the signal's reason when that is aborted
 */
export function createExchange(options: ClientOptions): Exchange {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const authorization = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };

  return async ({ method, path, query, body, headers }, signal, answerWithinMs) => {
    const send = options.fetch ?? globalThis.fetch;
    const late = new AbortController();
    const onTimeout = () =>
      late.abort(networkError(undefined, `No answer of ${method} ${path} within ${Math.round(answerWithinMs / 1_000)} s`));
    const timer = setTimeout(onTimeout, answerWithinMs);
    try {
      const response = await send(`${baseUrl}${path}${queryOf(query)}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...authorization,
          ...lowerCased(options.headers),
          ...lowerCased(headers),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (!response.ok) throw await answerError(response);
      return response;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof OrchestratorError) throw error;
      throw networkError(error, `${method} ${path} got no answer`);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** So that one given twice is replaced and not sent twice. */
function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/**
 * Reads an answer to its end as JSON; `undefined` where it is empty.
 * @throws OrchestratorError when it breaks off or is no JSON; the signal's reason when that is aborted
 */
export async function readJson(response: Response, request: HttpRequest, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw networkError(error, `The answer of ${request.method} ${request.path} broke off`);
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const type = response.headers.get('content-type') ?? 'no type';
    const message = `${request.method} ${request.path} was answered with ${type} that is no JSON: is baseUrl right?`;
    const { status } = response;
    throw new OrchestratorError(message, { status, code: 'invalid-response', retryable: false, cause });
  }
}
