import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type JsonObject } from '@orchestrator/contracts';
import { createClient } from '@supabase/supabase-js';
import { isTransactionConflict, type RpcFailure, toAppError } from './database-error.ts';
import { createPostgresFetch } from './postgres-fetch.ts';

/** How to reach the truth. */
export type StoreConnection =
  /** Straight to a Postgres (embedded, or Supabase's own by its session URL): supabase-js answered in process. */
  | { readonly type: 'postgres'; readonly url: string /** @defaultValue 10 */; readonly poolSize?: number }
  /** Over HTTP; legacy `service_role` keys and `sb_secret_…` keys both work. */
  | {
      readonly type: 'supabase';
      readonly url: string;
      readonly serviceRoleKey: string;
      /** @defaultValue the global fetch */
      readonly fetch?: typeof fetch;
    };

export interface Rpc {
  /**
   * Calls one SQL function with its payload and returns what it returned.
   * @param rows - rows in the payload, for the counters only
   * @param retryMs - for how long an unreachable store is tried again before the call rejects
   * @param tryMs - how long one try may take, milliseconds. @defaultValue 20_000
   */
  call(functionName: string, payload: JsonObject, rows?: number, retryMs?: number, tryMs?: number): Promise<unknown>;
  counters(): { readonly requests: Readonly<Record<string, number>>; readonly rows: Readonly<Record<string, number>> };
  close(): Promise<void>;
}

const requestTimeoutMs = 20_000;
const conflictAttempts = 6;
const inProcessKey = 'in-process';
/** Enough for a connection that broke while idle or a restart of a proxy; longer outages are the caller's to decide. */
const defaultRetryMs = 250;

type RpcFunctions = Record<string, { Args: { p: JsonObject }; Returns: unknown }>;
interface Database {
  public: { Tables: Record<never, never>; Views: Record<never, never>; Functions: RpcFunctions };
}

/** One supabase-js client; every read and write of the store is one `client.rpc(name, { p })`. */
export function createRpc(connection: StoreConnection): Rpc {
  const requests: Record<string, number> = {};
  const rowCounts: Record<string, number> = {};
  let isClosed = false;
  const inProcess =
    connection.type === 'postgres'
      ? createPostgresFetch({
          url: connection.url,
          keys: { [inProcessKey]: 'service_role' },
          poolSize: connection.poolSize ?? 10,
        })
      : undefined;
  const client = createClient<Database>(
    connection.type === 'postgres' ? 'http://in-process.invalid' : connection.url,
    connection.type === 'postgres' ? inProcessKey : connection.serviceRoleKey,
    {
      // Without an own session no auth client is made: no timers, no storage, one lookup less per request.
      accessToken: () => Promise.resolve(null),
      global: { fetch: inProcess?.fetch ?? withTimeout(connection.type === 'supabase' ? connection.fetch : undefined) },
      db: { retry: false },
    },
  );

  async function attempt(
    functionName: string,
    payload: JsonObject,
    tryMs: number | undefined,
  ): Promise<{ data: unknown } | { failure: RpcFailure }> {
    const request = client.rpc(functionName, { p: payload });
    const { data, error, status } = await (tryMs === undefined ? request : request.abortSignal(AbortSignal.timeout(tryMs)));
    if (error === null) return { data };
    return { failure: { functionName, code: error.code ?? '', message: error.message, status } };
  }

  return {
    async call(functionName, payload, rows = 1, retryMs = defaultRetryMs, tryMs) {
      if (isClosed) throw new AppError('shutting-down', 'The store is closed.');
      const startedMs = performance.now();
      for (let tries = 1; ; tries += 1) {
        requests[functionName] = (requests[functionName] ?? 0) + 1;
        const outcome = await attempt(functionName, payload, tryMs);
        if ('data' in outcome) {
          rowCounts[functionName] = (rowCounts[functionName] ?? 0) + rows;
          return outcome.data;
        }
        const error = toAppError(outcome.failure);
        const pauseMs = pauseBeforeRetry(error, outcome.failure, tries, retryMs - (performance.now() - startedMs));
        if (pauseMs === undefined) throw error;
        await delay(pauseMs);
      }
    },
    counters: () => ({ requests: { ...requests }, rows: { ...rowCounts } }),
    async close() {
      isClosed = true;
      await inProcess?.close();
    },
  };
}

/** Milliseconds to wait before the same call is sent again (all of them are idempotent), undefined to give up. */
function pauseBeforeRetry(error: AppError, failure: RpcFailure, tries: number, leftMs: number): number | undefined {
  if (error.code !== 'store-unavailable') return undefined;
  const pauseMs = Math.min(800, 20 * 2 ** (tries - 1)) * (0.5 + Math.random() / 2);
  const isWorthIt = isTransactionConflict(failure) ? tries < conflictAttempts : pauseMs < leftMs;
  return isWorthIt ? pauseMs : undefined;
}

function withTimeout(send: typeof fetch = fetch): typeof fetch {
  return (input, init) => {
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    return send(input, { ...init, signal });
  };
}
