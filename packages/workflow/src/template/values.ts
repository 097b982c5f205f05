import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import type { WorkBudget } from './work-budget.ts';

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const listIndex = /^(0|[1-9][0-9]{0,8})$/;

/** An own property of an object, an item of a list, or a list's `length`; undefined for everything else. */
export function ownMember(value: JsonValue, key: string): JsonValue | undefined {
  if (isList(value)) {
    if (key === 'length') return value.length;
    return listIndex.test(key) ? value[Number(key)] : undefined;
  }
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** As in Handlebars: false, null, 0, '' and an empty list are not. */
export function isTruthy(value: JsonValue): boolean {
  return isList(value) ? value.length > 0 : Boolean(value);
}

/** Unicode code points of a string; a lone surrogate counts as one. */
export function codePoints(string: string): number {
  let count = string.length;
  for (let index = 0; index < string.length - 1; index += 1) {
    const unit = string.charCodeAt(index);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = string.charCodeAt(index + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      count -= 1;
      index += 1;
    }
  }
  return count;
}

/**
 * Whether two values are the same JSON; the order of an object's fields doesn't matter.
 * Nesting is bounded by the budget: every level costs enough that the stack can't overflow.
 */
export function sameJson(left: JsonValue, right: JsonValue, budget: WorkBudget): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) {
    if (typeof left === 'string' && typeof right === 'string') budget.spendChars(left.length === right.length ? left.length : 0);
    else budget.spend(1);
    return left === right;
  }
  if (left === right) return true;
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return false;
    budget.spend(100);
    return left.every((item, index) => sameJson(item, right[index] ?? null, budget));
  }
  const keys = Object.keys(left);
  budget.spend(100 + keys.length * 2);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key] ?? null, right[key] ?? null, budget));
}
