import type { JsonValue } from '@orchestrator/contracts';
import { TemplateError } from './errors.ts';
import { templateLimits } from './limits.ts';
import { isList } from './values.ts';
import type { WorkBudget } from './work-budget.ts';

/**
 * Roughly how many characters a value takes as JSON: exact enough for a limit, and cheap, as no text is made.
 * Stops with an error at the limit, so a value that shares parts of itself (and would be huge when written out) costs no more.
 * @throws TemplateError above `limitChars`, or when nested more than `templateLimits.valueDepth` deep
 */
export function jsonChars(value: JsonValue, limitChars: number): number {
  const chars = charsAt(value, limitChars, 1);
  if (chars > limitChars) throw new TemplateError(`a value takes more than ${limitChars} characters as JSON`);
  return chars;
}

/** Stops counting once it is over the limit. */
function charsAt(value: JsonValue, limitChars: number, depth: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  if (depth > templateLimits.valueDepth) {
    throw new TemplateError(`a value is nested more than ${templateLimits.valueDepth} deep`);
  }
  let chars = 2;
  if (isList(value)) {
    for (const item of value) {
      chars += charsAt(item, limitChars - chars, depth + 1);
      if (chars > limitChars) break;
    }
    return chars;
  }
  for (const key of Object.keys(value)) {
    chars += key.length + 4 + charsAt(value[key] ?? null, limitChars - chars, depth + 1);
    if (chars > limitChars) break;
  }
  return chars;
}

/** A value as JSON text, within the budget. */
export function boundedJson(value: JsonValue, budget: WorkBudget, indent = 0): string {
  const chars = jsonChars(value, templateLimits.outputChars);
  // Every level of every item can be indented; measured at under 30 ns a character, escapes included.
  budget.spend(1 + Math.ceil((chars * (1 + indent)) / 4));
  return JSON.stringify(value, null, indent);
}

/** A value inside text: strings as they are, null as nothing, lists and objects as JSON. */
export function textOf(value: JsonValue, budget: WorkBudget): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? boundedJson(value, budget) : String(value);
}
