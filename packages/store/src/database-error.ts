import { AppError } from '@orchestrator/contracts';

/** What supabase-js reports for a failed call; `status` is 0 when no answer came. */
export interface RpcFailure {
  readonly functionName: string;
  readonly code: string;
  readonly message: string;
  readonly details?: string;
  readonly status: number;
}

/**
 * SQLSTATEs that mean "the server can't serve now": connection (08), resources (53), shutdown and crash (57P0x),
 * statement timeout (57014), lock timeout (55P03), a standby that only reads (25006), a replica out of sync (57P05).
 */
const unavailableState = /^(08|53)|^57P0|^57014$|^55P03$|^25006$/;
/** PostgREST: 000–003 no database connection or pool timeout; 504s of the gateways have no code. */
const unavailablePostgrest = /^PGRST00[0-3]$/;
/** Serialization failure and deadlock: the same call succeeds when repeated. */
const conflictState = /^(40001|40P01)$/;
/** Function or table missing, or no right to use it: migrations or the key are wrong. */
const misconfigured = /^(42883|42P01|42501|28...|3D000|PGRST20[0-9]|PGRST30[0-9])$/;

/** Whether the transaction lost against another one and should simply be repeated. */
export function isTransactionConflict(failure: RpcFailure): boolean {
  return conflictState.test(failure.code);
}

/** Maps a failed call to the store's error codes; the SQLSTATE stays in `details.sqlState`. */
export function toAppError(failure: RpcFailure, cause?: unknown): AppError {
  const details = { sqlState: failure.code, function: failure.functionName, status: failure.status };
  const message = `${failure.functionName}: ${failure.message}`;
  const options = cause === undefined ? { details } : { details, cause };
  if (isUnavailable(failure) || isTransactionConflict(failure)) {
    return new AppError('store-unavailable', message, { ...options, retryable: true });
  }
  if (misconfigured.test(failure.code) || failure.status === 401 || failure.status === 403) {
    return new AppError('invalid-configuration', message, options);
  }
  return new AppError('internal', message, options);
}

function isUnavailable({ code, status }: RpcFailure): boolean {
  // Whatever the body says: PostgREST and gateways use these only while something behind them is away.
  if (status === 502 || status === 503 || status === 504) return true;
  if (code !== '') return unavailableState.test(code) || unavailablePostgrest.test(code);
  return status === 0 || status === 408 || status === 429 || status >= 500;
}
