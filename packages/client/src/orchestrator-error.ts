import type { ErrorCode, Issue, Problem, StepError } from '@orchestrator/contracts';

/** What the client itself can find wrong. */
export type ClientErrorCode =
  /** No answer, or one that broke off. */
  | 'network-error'
  /** The call's `timeoutMs` is over. */
  | 'timeout'
  /** The answer is not of this API: is `baseUrl` right? */
  | 'invalid-response'
  /** A stream was lost and could not be taken up again. */
  | 'stream-interrupted'
  /** What `text()` gave so far is void, and nobody listens to `onRestart`. */
  | 'stream-restarted';

export interface OrchestratorErrorOptions {
  readonly status?: number | undefined;
  readonly code: ErrorCode | ClientErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly jobId?: string | undefined;
  readonly problem?: Problem | undefined;
  readonly runError?: StepError | undefined;
  readonly cause?: unknown;
}

/** The error of every failed call, except of one that the caller aborted: that rejects with the signal's reason. */
export class OrchestratorError extends Error {
  override readonly name = 'OrchestratorError';
  /** Of the answer; absent where there was none. */
  readonly status: number | undefined;
  /** Of the problem, or the client's own. Newer servers may send codes that are not in the type. */
  readonly code: ErrorCode | ClientErrorCode;
  /** To be found in the server's log. */
  readonly requestId: string | undefined;
  /** Whether the same call can succeed later. */
  readonly retryable: boolean;
  /** The server's `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Every broken rule, with a JSON pointer into the request's body. */
  readonly errors: readonly Issue[];
  /** The run this is about, where one was accepted: it may go on. */
  readonly jobId: string | undefined;
  /** RFC 9457 problem details, where the server sent them. */
  readonly problem: Problem | undefined;
  /** Why the run failed, with the code `run-failed`. */
  readonly runError: StepError | undefined;

  constructor(message: string, options: OrchestratorErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { problem } = options;
    this.status = options.status;
    this.code = options.code;
    this.requestId = options.requestId;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.errors = problem?.errors ?? [];
    this.jobId = options.jobId ?? problem?.jobId;
    this.problem = problem;
    this.runError = options.runError ?? problem?.error;
  }
}

/** The same error, telling of the run it is about. */
export function withJobId(error: unknown, jobId: string | undefined): unknown {
  if (!(error instanceof OrchestratorError) || jobId === undefined || error.jobId !== undefined) return error;
  const { message, cause } = error;
  return new OrchestratorError(message, { ...error, jobId, cause });
}
