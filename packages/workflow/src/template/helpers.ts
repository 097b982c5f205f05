import type { JsonValue } from '@orchestrator/contracts';
import { TemplateError } from './errors.ts';
import { templateLimits } from './limits.ts';
import { boundedJson, textOf } from './value-text.ts';
import { codePoints, sameJson } from './values.ts';
import type { WorkBudget } from './work-budget.ts';

interface Helper {
  readonly minParameters: number;
  readonly maxParameters: number;
  /** Absent for the helpers that look at their parameters one by one: a missing path is no error in them. */
  readonly run?: (parameters: readonly JsonValue[], budget: WorkBudget) => JsonValue;
}

function text(value: JsonValue | undefined, budget: WorkBudget): string {
  const string = textOf(value ?? null, budget);
  if (string.length > templateLimits.outputChars)
    throw new TemplateError(`a text is longer than ${templateLimits.outputChars} characters`);
  // Case mapping costs up to 16 times a plain pass (measured on U+0149, which grows when mapped).
  budget.spendChars(string.length * 16);
  return string;
}

/** Negative, 0 or positive, like a comparison function. */
function order([left, right]: readonly JsonValue[], budget: WorkBudget): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    budget.spendChars(Math.min(left.length, right.length));
    return left < right ? -1 : left > right ? 1 : 0;
  }
  throw new TemplateError('only two numbers or two strings have an order');
}

function lengthOf(value: JsonValue | undefined, budget: WorkBudget): number {
  if (typeof value === 'string') {
    budget.spendChars(value.length);
    return codePoints(value);
  }
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) {
    const count = Object.keys(value).length;
    budget.spend(count);
    return count;
  }
  throw new TemplateError('length needs a string, a list or an object');
}

function join([list, separator = ', ']: readonly JsonValue[], budget: WorkBudget): string {
  if (!Array.isArray(list)) throw new TemplateError('join needs a list');
  let joined = '';
  const between = text(separator, budget);
  for (const [index, item] of list.entries()) {
    budget.spend(1);
    joined += (index === 0 ? '' : between) + textOf(item, budget);
    if (joined.length > templateLimits.outputChars)
      throw new TemplateError(`join gives more than ${templateLimits.outputChars} characters`);
  }
  return joined;
}

function json([value = null, indent = 0]: readonly JsonValue[], budget: WorkBudget): string {
  if (typeof indent !== 'number' || !Number.isInteger(indent) || indent < 0 || indent > 8) {
    throw new TemplateError('the indent of json is a whole number from 0 to 8');
  }
  return boundedJson(value, budget, indent);
}

/** The first characters, never half a surrogate pair: Postgres refuses lone halves. */
function cut(string: string, chars: number): string {
  const last = string.charCodeAt(chars - 1);
  return string.slice(0, chars < string.length && last >= 0xd800 && last <= 0xdbff ? chars - 1 : chars);
}

function truncate([value, maxChars, ending = '…']: readonly JsonValue[], budget: WorkBudget): string {
  if (typeof maxChars !== 'number' || !Number.isInteger(maxChars) || maxChars < 0) {
    throw new TemplateError('truncate needs a whole number of characters');
  }
  const string = typeof value === 'string' ? value : text(value, budget);
  const suffix = text(ending, budget);
  if (string.length <= maxChars) return string;
  return cut(string, Math.max(0, maxChars - suffix.length)) + cut(suffix, maxChars);
}

/** The helpers of the language. There is no way to add one at run time. */
export const helpers = {
  /** The first parameter that is neither missing nor null. */
  default: { minParameters: 2, maxParameters: 8 },
  and: { minParameters: 2, maxParameters: 8 },
  or: { minParameters: 2, maxParameters: 8 },
  not: { minParameters: 1, maxParameters: 1 },
  eq: { minParameters: 2, maxParameters: 2, run: ([left = null, right = null], budget) => sameJson(left, right, budget) },
  ne: { minParameters: 2, maxParameters: 2, run: ([left = null, right = null], budget) => !sameJson(left, right, budget) },
  lt: { minParameters: 2, maxParameters: 2, run: (parameters, budget) => order(parameters, budget) < 0 },
  lte: { minParameters: 2, maxParameters: 2, run: (parameters, budget) => order(parameters, budget) <= 0 },
  gt: { minParameters: 2, maxParameters: 2, run: (parameters, budget) => order(parameters, budget) > 0 },
  gte: { minParameters: 2, maxParameters: 2, run: (parameters, budget) => order(parameters, budget) >= 0 },
  /** Compact JSON, or indented: `{{json value 2}}`. */
  json: { minParameters: 1, maxParameters: 2, run: json },
  /** `{{join list ", "}}`. */
  join: { minParameters: 1, maxParameters: 2, run: join },
  /** Characters (code points) of a string, items of a list, fields of an object. */
  length: { minParameters: 1, maxParameters: 1, run: ([value], budget) => lengthOf(value, budget) },
  upper: { minParameters: 1, maxParameters: 1, run: ([value], budget) => text(value, budget).toUpperCase() },
  lower: { minParameters: 1, maxParameters: 1, run: ([value], budget) => text(value, budget).toLowerCase() },
  trim: { minParameters: 1, maxParameters: 1, run: ([value], budget) => text(value, budget).trim() },
  /** `{{truncate text 100 "…"}}`: at most that many characters, the ending included. */
  truncate: { minParameters: 2, maxParameters: 3, run: truncate },
} as const satisfies Record<string, Helper>;

export type HelperName = keyof typeof helpers;

export function isHelperName(name: string): name is HelperName {
  return Object.hasOwn(helpers, name);
}
