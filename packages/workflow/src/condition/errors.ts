/** A condition that has no boolean value: a missing path, wrong types, or a spent budget. Becomes `Step.ConditionError`. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
}
