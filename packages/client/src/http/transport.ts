import type { CallOptions, ClientOptions } from '../options.ts';
import type { OrchestratorError } from '../orchestrator-error.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { createExchange, type Exchange, type HttpRequest, readJson } from './exchange.ts';
import { isWorthRetrying, retryPauseMs } from './retry.ts';

/** How long a server may take to begin its answer, where it doesn't wait for a run. */
export const answerWithinMs = 30_000;
const defaultTimeoutMs = 60_000;

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface SendOptions {
  /** How long the server may take to begin its answer. @defaultValue 30000 */
  readonly withinMs?: number;
  /** Failures that are an answer to the caller, and not tried again. */
  readonly isAnswer?: (error: OrchestratorError) => boolean;
}

/** Sends the requests of a client, with its headers, limits and retries. */
export interface Transport {
  readonly maxRetries: number;
  readonly retryDelayMs: number;
  readonly exchange: Exchange;
  /** The limits of a call. @param defaultMs - where neither the call nor the client sets one; `undefined`: none */
  deadline(options: CallOptions | undefined, defaultMs: number | undefined): Deadline;
  /** Sends until an answer says success, or retrying is of no use. */
  send<Body>(request: HttpRequest, deadline: Deadline, options?: SendOptions): Promise<Answer<Body>>;
  /** One call with its own deadline. */
  call<Body>(request: HttpRequest, options?: CallOptions): Promise<Body>;
}

/** Not `crypto.randomUUID`: pages that don't come over HTTPS lack it. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The headers of a call: the caller's, and for a POST the key that makes its retries one request. */
export function callHeaders(method: HttpRequest['method'], options: CallOptions = {}): Record<string, string> {
  return {
    ...(method === 'POST' ? { 'idempotency-key': options.idempotencyKey ?? newIdempotencyKey() } : {}),
    ...options.headers,
  };
}

export function createTransport(options: ClientOptions): Transport {
  const exchange = createExchange(options);
  const maxRetries = options.maxRetries ?? 5;
  const retryDelayMs = options.retryDelayMs ?? 500;

  async function send<Body>(
    request: HttpRequest,
    deadline: Deadline,
    { withinMs = answerWithinMs, isAnswer }: SendOptions = {},
  ): Promise<Answer<Body>> {
    for (let failures = 0; ; ) {
      try {
        const response = await exchange(request, deadline.signal, withinMs);
        const body = (await readJson(response, request, deadline.signal)) as Body;
        return { status: response.status, headers: response.headers, body };
      } catch (error) {
        failures += 1;
        if (!isWorthRetrying(error) || isAnswer?.(error) === true || failures > maxRetries) throw error;
        const pauseMs = retryPauseMs(failures, retryDelayMs, error.retryAfterMs);
        // Nothing would be left to try it in.
        if (pauseMs >= deadline.remainingMs()) throw error;
        await deadline.pause(pauseMs);
      }
    }
  }

  const transport: Transport = {
    maxRetries,
    retryDelayMs,
    exchange,
    deadline: (call, defaultMs) => createDeadline(call?.timeoutMs ?? options.timeoutMs ?? defaultMs, call?.signal),
    send,
    async call(request, callOptions) {
      const deadline = transport.deadline(callOptions, defaultTimeoutMs);
      try {
        const headers = callHeaders(request.method, callOptions);
        return (await send<never>({ ...request, headers }, deadline)).body;
      } finally {
        deadline.dispose();
      }
    },
  };
  return transport;
}
