import type { JsonValue } from '@orchestrator/contracts';
import { TemplateError } from '../template/errors.ts';
import type { TemplateScope } from '../template/scope.ts';
import { renderTemplate } from '../template/templates.ts';
import type { Condition } from './condition.ts';
import { ConditionError } from './errors.ts';
import { Evaluation } from './evaluation.ts';

/**
 * The value of a condition. Deterministic, and bounded in work whatever the scope holds.
 * @throws ConditionError for a missing path, operands of wrong types, a result that is no boolean, or a spent budget
 */
export function evaluateCondition(condition: Condition, scope: TemplateScope): boolean {
  const value = valueIn(condition, scope);
  if (typeof value === 'boolean') return value;
  throw new ConditionError(`the condition gives ${typeName(value)}, not true or false`);
}

function valueIn({ body }: Condition, scope: TemplateScope): JsonValue {
  if (body.type === 'cel') return new Evaluation(scope).evaluate(body.node);
  try {
    return renderTemplate(body.template, scope);
  } catch (error) {
    if (error instanceof TemplateError) throw new ConditionError(error.message);
    throw error;
  }
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return Array.isArray(value) ? 'a list' : 'a map';
}
