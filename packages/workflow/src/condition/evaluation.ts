import type { JsonObject, JsonValue } from '@orchestrator/contracts';
import { CachedScope, type TemplateScope } from '../template/scope.ts';
import { isList, isObject } from '../template/values.ts';
import { WorkBudget } from '../template/work-budget.ts';
import type { ConditionNode } from './condition.ts';
import { ConditionError } from './errors.ts';
import { functions } from './functions.ts';
import { conditionLimits } from './limits.ts';
import { applyOperator } from './operators.ts';

/** The budget is spent: not an error that `||` or `&&` may swallow. */
class ExhaustedError extends ConditionError {}

/**
 * One evaluation of a checked condition over JSON. The library that parses CEL has an evaluator too, but none that can be
 * bounded: adding a list of a million numbers to itself forty times, well within its limits, held the event loop for 17 s.
 * Differences that users see: all numbers are doubles, as in JSON, and `has()` is false for a path that ends early.
 */
export class Evaluation {
  readonly #scope: CachedScope;
  readonly #budget = new WorkBudget(conditionLimits.work, () => new ExhaustedError('the condition is too much work to evaluate'));
  #item: JsonValue = null;

  constructor(scope: TemplateScope) {
    this.#scope = new CachedScope(scope);
  }

  /** @throws ConditionError */
  evaluate(node: ConditionNode): JsonValue {
    this.#budget.spend(1);
    switch (node.op) {
      case 'value':
        return node.value;
      case 'root':
      case 'member': {
        const value = this.#lookUp(node);
        if (value === undefined) throw new ConditionError(`there is no value at ${node.text}`);
        return value;
      }
      case 'item':
        return this.#item;
      case 'not':
        return !this.#bool(node.operand, '!');
      case 'negate': {
        const operand = this.evaluate(node.operand);
        if (typeof operand !== 'number') throw new ConditionError('- needs a number');
        return -operand;
      }
      case 'and':
        return this.#junction(node.left, node.right, false);
      case 'or':
        return this.#junction(node.left, node.right, true);
      case 'binary':
        return applyOperator(node.operator, this.evaluate(node.left), this.evaluate(node.right), this.#budget);
      case 'choose':
        return this.evaluate(this.#bool(node.test, '?:') ? node.whenTrue : node.whenFalse);
      case 'list':
        return node.items.map((item) => this.evaluate(item));
      case 'map':
        return this.#map(node.entries);
      case 'call':
        return functions[node.name].run(
          node.parameters.map((parameter) => this.evaluate(parameter)),
          this.#budget,
        );
      case 'has':
        return this.#lookUp(node.path) !== undefined;
      case 'macro':
        return this.#macro(node);
    }
  }

  /** Undefined only for a path that leads nowhere. */
  #lookUp(node: ConditionNode): JsonValue | undefined {
    if (node.op === 'root') return this.#scope.get(node.name);
    if (node.op !== 'member') return this.evaluate(node);
    this.#budget.spend(1);
    const object = this.#lookUp(node.object);
    const key = this.evaluate(node.key);
    if (isList(object) && typeof key === 'number') return Number.isInteger(key) ? object[key] : undefined;
    return isObject(object) && typeof key === 'string' && Object.hasOwn(object, key) ? object[key] : undefined;
  }

  #bool(node: ConditionNode, operator: string): boolean {
    const value = this.evaluate(node);
    if (typeof value === 'boolean') return value;
    throw new ConditionError(`${operator} needs true or false`);
  }

  /** As CEL has it: an error on one side doesn't matter when the other side decides. */
  #junction(left: ConditionNode, right: ConditionNode, deciding: boolean): boolean {
    const operator = deciding ? '||' : '&&';
    let first: boolean;
    try {
      first = this.#bool(left, operator);
    } catch (error) {
      if (error instanceof ExhaustedError || !(error instanceof ConditionError)) throw error;
      if (this.#bool(right, operator) === deciding) return deciding;
      throw error;
    }
    return first === deciding ? deciding : this.#bool(right, operator);
  }

  #map(entries: readonly (readonly [ConditionNode, ConditionNode])[]): JsonObject {
    return Object.fromEntries(
      entries.map(([key, value]) => {
        const name = this.evaluate(key);
        if (typeof name !== 'string') throw new ConditionError('the keys of a map are strings');
        return [name, this.evaluate(value)];
      }),
    );
  }

  #macro({ name, list, test, transform }: Extract<ConditionNode, { op: 'macro' }>): JsonValue {
    const items = this.#itemsOf(this.evaluate(list));
    if (name === 'all' || name === 'exists') return this.#quantify(items, test, name === 'exists');
    const kept: JsonValue[] = [];
    for (const item of items) {
      this.#budget.spend(1);
      this.#item = item;
      if (test !== undefined && !this.#bool(test, name)) continue;
      kept.push(transform === undefined ? item : this.evaluate(transform));
    }
    return name === 'exists_one' ? kept.length === 1 : kept;
  }

  /** Like a chain of `||` or `&&`: an error counts only if no other item decides. */
  #quantify(items: readonly JsonValue[], test: ConditionNode | undefined, deciding: boolean): boolean {
    let failure: ConditionError | undefined;
    for (const item of items) {
      this.#budget.spend(1);
      this.#item = item;
      try {
        if (test !== undefined && this.#bool(test, deciding ? 'exists' : 'all') === deciding) return deciding;
      } catch (error) {
        if (error instanceof ExhaustedError || !(error instanceof ConditionError)) throw error;
        // Making an error with its stack costs about 5 µs.
        this.#budget.spend(50);
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return !deciding;
  }

  #itemsOf(value: JsonValue): readonly JsonValue[] {
    if (isList(value)) return value;
    if (!isObject(value)) throw new ConditionError('only lists and maps can be gone through');
    const keys = Object.keys(value);
    this.#budget.spend(keys.length);
    return keys;
  }
}
