import { isRetryableByDefault, type StepError, type StepErrorName, toStorableText } from '@orchestrator/contracts';

/** Thrown inside an action or an expression to end the attempt with a named error. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly error: StepError;

  constructor(error: StepError, cause?: unknown) {
    super(error.message, cause === undefined ? undefined : { cause });
    this.error = error;
  }
}

/**
 * Builds a step error whose `retryable` follows its name. Messages quote pieces of values, and a piece may end in the middle
 * of a surrogate pair: the store would refuse the commit, and the run could never end.
 */
export function stepError(name: StepErrorName, message: string, extra: Partial<StepError> = {}): StepError {
  return { name, message: toStorableText(message), retryable: isRetryableByDefault(name), ...extra };
}
