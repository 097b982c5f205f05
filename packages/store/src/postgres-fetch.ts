import pg from 'pg';

export type ApiRole = 'anon' | 'authenticated' | 'service_role';

export interface PostgresFetchOptions {
  readonly url: string;
  /** API keys and the database role each one stands for; any other key is answered with 401. */
  readonly keys: Readonly<Record<string, ApiRole>>;
  /** Connections per role at most. */
  readonly poolSize: number;
}

export interface PostgresFetch {
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** Longer than the statement timeout, so that the server's own answer normally comes first. */
const queryTimeoutMs = 20_000;
const statementTimeoutMs = 15_000;
const functionPath = /^\/rest\/v1\/rpc\/([a-z_]+)$/;
const bodyPrefix = '{"p":';
const jsonHeaders = { 'content-type': 'application/json' };
/** json and jsonb stay text: supabase-js parses the answer, once. */
const types = { getTypeParser: () => (value: string) => value };

/**
 * Answers `POST /rest/v1/rpc/<function>` in process over a connection pool, as PostgREST would: the API key decides
 * the database role, the body's `p` is the function's argument, errors carry their SQLSTATE. Nothing else of
 * PostgREST is there.
 *
 * The role is switched by the connection's start-up options, so every statement of a pooled connection has it and
 * `RESET ROLE` comes back to it. The URL must lead to Postgres itself or to a session pooler.
 */
export function createPostgresFetch(options: PostgresFetchOptions): PostgresFetch {
  const pools = new Map<ApiRole, pg.Pool>();
  const roles = new Map(Object.entries(options.keys));

  // Options in a URL would replace those of the configuration, the role among them: both are joined instead.
  const target = new URL(options.url);
  const urlOptions = target.searchParams.get('options') ?? '';
  target.searchParams.delete('options');

  function poolOf(role: ApiRole): pg.Pool {
    const existing = pools.get(role);
    if (existing) return existing;
    const pool = new pg.Pool({
      connectionString: target.href,
      options: `${urlOptions} -c role=${role} -c statement_timeout=${statementTimeoutMs} -c idle_in_transaction_session_timeout=${statementTimeoutMs}`,
      max: options.poolSize,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
      query_timeout: queryTimeoutMs,
      application_name: 'orchestrator-store',
      types,
    });
    // An idle connection that breaks is replaced by the pool; without a listener the event would end the process.
    pool.on('error', () => {});
    pools.set(role, pool);
    return pool;
  }

  async function answer(input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const headers = new Headers(init?.headers);
    const role = roles.get(headers.get('apikey') ?? '');
    if (role === undefined) return failure(401, 'PGRST301', 'The API key is not known.');
    const url = new URL(input instanceof Request ? input.url : input);
    const functionName = functionPath.exec(url.pathname)?.[1];
    const body = init?.body;
    if (functionName === undefined || typeof body !== 'string' || !body.startsWith(bodyPrefix)) {
      return failure(404, 'PGRST202', `No function answers ${url.pathname}.`);
    }
    try {
      const call = {
        name: functionName,
        text: `select public.${functionName}($1::jsonb) as r`,
        values: [body.slice(bodyPrefix.length, -1)],
      };
      const result = await queryUntil(poolOf(role), call, init?.signal);
      return new Response(result.rows[0]?.r ?? 'null', { headers: jsonHeaders });
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code !== undefined && !isConnectionLoss(error, error.code)) {
        return failure(statusOf(error.code), error.code, error.message);
      }
      // The same shape as a failed network request, so that one mapping serves both transports.
      throw new TypeError('fetch failed', { cause: error });
    }
  }

  return {
    fetch: answer,
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

/** A query that is aborted takes its connection along: what it waits for may be a server that is gone. */
async function queryUntil(
  pool: pg.Pool,
  query: pg.QueryConfig,
  signal: AbortSignal | null | undefined,
): Promise<pg.QueryResult<{ r: string | null }>> {
  if (!signal) return pool.query(query);
  const client = await pool.connect();
  // The last error of a connection that is thrown away comes when nobody of the pool listens any more.
  const onError = (): void => {};
  client.on('error', onError);
  let isReleased = false;
  const release = (isBroken: boolean): void => {
    if (isReleased) return;
    isReleased = true;
    if (!isBroken) client.off('error', onError);
    client.release(isBroken);
  };
  const onAbort = (): void => release(true);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) throw new Error('no connection in time');
    const result = await client.query<{ r: string | null }>(query);
    release(false);
    return result;
  } catch (error) {
    release(!(error instanceof pg.DatabaseError) || isConnectionLoss(error, error.code ?? ''));
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * FATAL ends the connection, whatever its code (a session pooler without a free slot says XX000), unless it says that the
 * credentials, the database or the rights are wrong: waiting won't cure those.
 */
function isConnectionLoss({ severity }: pg.DatabaseError, sqlState: string): boolean {
  return (severity === 'FATAL' || severity === 'PANIC') && !/^(28|3D|42)/.test(sqlState);
}

function failure(status: number, code: string, message: string): Response {
  return Response.json({ code, message, details: null, hint: null }, { status });
}

/** PostgREST's mapping, as far as our functions can meet it. */
function statusOf(sqlState: string): number {
  const own = /^PT([1-5]\d\d)$/.exec(sqlState)?.[1];
  if (own !== undefined) return Number(own);
  if (sqlState === '42501') return 403;
  if (sqlState === '42883' || sqlState === '42P01') return 404;
  if (sqlState.startsWith('08') || sqlState.startsWith('53') || sqlState.startsWith('57P')) return 503;
  if (sqlState.startsWith('40') || sqlState.startsWith('57')) return 500;
  if (sqlState.startsWith('23')) return 409;
  return 400;
}
