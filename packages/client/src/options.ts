import type { OrchestratorError } from './orchestrator-error.ts';

/** What the client needs of `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Where the API is, such as `http://127.0.0.1:3000`; a path prefix is kept. Empty: the page's own origin, in browsers. */
  readonly baseUrl: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string | undefined;
  /** @defaultValue the global `fetch` */
  readonly fetch?: Fetch | undefined;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Longest time of a call, its retries included, in milliseconds; `Infinity` for none.
   * @defaultValue 60000; 600000 for calls that wait for a run; none for streams
   */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried again after the first time, and a stream connected again without progress. @defaultValue 5 */
  readonly maxRetries?: number | undefined;
  /** First pause before a retry, in milliseconds; doubles up to 30 s, with jitter. `Retry-After` is honoured. @defaultValue 500 */
  readonly retryDelayMs?: number | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. A run that was accepted goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time of this call, its retries included, in milliseconds, `Infinity` for none; wins over the client's. */
  readonly timeoutMs?: number | undefined;
  /**
   * Of a POST: the same key with the same request is the same run, from other processes too.
   * @defaultValue a new one per call, so that retries of the call never double a run
   */
  readonly idempotencyKey?: string | undefined;
  /** Sent with the requests of this call; win over the client's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A stream's connection was lost and is taken up again after a pause. */
export interface Reconnect {
  /** How many attempts in a row brought nothing, from 1. */
  readonly failures: number;
  readonly pauseMs: number;
  /** Why it was lost; absent where the server closed it. */
  readonly error: OrchestratorError | undefined;
}

/** Options of a stream. */
export interface StreamOptions extends CallOptions {
  /** Called before each pause, so that a reader can be told. */
  readonly onReconnect?: ((reconnect: Reconnect) => void) | undefined;
}
