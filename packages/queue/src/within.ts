import { AppError } from '@orchestrator/contracts';

/** The error of every command the server did not take. */
export function queueUnavailable(doing: string, cause?: unknown): AppError {
  return new AppError('queue-unavailable', `The queue is not available: ${doing}.`, {
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * The result of `promise`, or `queue-unavailable` when it rejects or takes longer than `timeoutMs`. A late result is dropped.
 * @param doing - what was tried, for the error's message
 */
export async function within<T>(promise: Promise<T>, timeoutMs: number, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } catch (error) {
    throw error instanceof AppError ? error : queueUnavailable(doing, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `promise` settled, either way, before `timeoutMs` had passed. */
export async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, timeoutMs), false);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
