/** The command was given something that it can't use. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
