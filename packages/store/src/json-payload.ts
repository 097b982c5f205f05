import type { JsonValue } from '@orchestrator/contracts';

/**
 * States that a value of our own contract types is JSON. TypeScript can't see it: interfaces have no index signature.
 * Absent optional fields vanish when serialised.
 */
export function asJson(value: object): JsonValue {
  return value as unknown as JsonValue;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Ids come from URLs: one that can't exist must not reach a batch, where it would fail the others. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}
