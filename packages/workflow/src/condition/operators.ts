import type { JsonValue } from '@orchestrator/contracts';
import { isList, isObject, sameJson } from '../template/values.ts';
import type { WorkBudget } from '../template/work-budget.ts';
import type { BinaryOperator } from './condition.ts';
import { ConditionError } from './errors.ts';
import { conditionLimits } from './limits.ts';

/** @throws ConditionError for operands of wrong types, or a result that is too large */
export function applyOperator(operator: BinaryOperator, left: JsonValue, right: JsonValue, budget: WorkBudget): JsonValue {
  switch (operator) {
    case '==':
      return sameJson(left, right, budget);
    case '!=':
      return !sameJson(left, right, budget);
    case '<':
      return order(operator, left, right, budget) < 0;
    case '<=':
      return order(operator, left, right, budget) <= 0;
    case '>':
      return order(operator, left, right, budget) > 0;
    case '>=':
      return order(operator, left, right, budget) >= 0;
    case 'in':
      return isIn(left, right, budget);
    case '+':
      return typeof left === 'number' ? calculate(operator, left, right) : concatenate(left, right, budget);
    case '-':
    case '*':
    case '/':
    case '%':
      return calculate(operator, left, right);
  }
}

function order(operator: string, left: JsonValue, right: JsonValue, budget: WorkBudget): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    budget.spendChars(Math.min(left.length, right.length));
    return left < right ? -1 : left > right ? 1 : 0;
  }
  throw new ConditionError(`${operator} needs two numbers or two strings`);
}

function isIn(member: JsonValue, container: JsonValue, budget: WorkBudget): boolean {
  if (isList(container)) return container.some((item) => sameJson(item, member, budget));
  if (isObject(container)) return typeof member === 'string' && Object.hasOwn(container, member);
  throw new ConditionError('in needs a list or a map on its right; to look inside a string use contains()');
}

function calculate(operator: '+' | '-' | '*' | '/' | '%', left: JsonValue, right: JsonValue): number {
  if (typeof left !== 'number' || typeof right !== 'number') throw new ConditionError(`${operator} needs two numbers`);
  if ((operator === '/' || operator === '%') && right === 0) throw new ConditionError('division by zero');
  const result = { '+': left + right, '-': left - right, '*': left * right, '/': left / right, '%': left % right }[operator];
  if (!Number.isFinite(result)) throw new ConditionError(`${operator} gives a number that is too large`);
  return result;
}

function concatenate(left: JsonValue, right: JsonValue, budget: WorkBudget): JsonValue {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length + right.length > conditionLimits.resultSize) throw new ConditionError('+ gives a string that is too long');
    budget.spendChars(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    budget.spend(left.length + right.length);
    return [...left, ...right];
  }
  throw new ConditionError('+ needs two numbers, two strings or two lists');
}
